/* prefilter_check.c - checks candidates by their first 64 bytes; most are refused here.
 *
 * A check may accept bytes that are of no kind; it must not refuse bytes that a loader accepts. */
#include "embedded_pickle.h"
#include "prefilter.h"
#include "view.h"

static bool is_text(uint8_t c)
{
    bool is_printable = c >= 0x20 && c < 0x7f;
    return is_printable || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static bool is_one_or_two(uint8_t c) { return c == 1 || c == 2; }

/* e_ident, e_type, e_machine and e_version (System V ABI, chapter 4). */
static bool check_elf(struct bytes b)
{
    if (b.n < 52) {
        return false;
    }

    bool big = b.p[5] == 2;
    int type = big ? b.p[16] << 8 | b.p[17] : b.p[17] << 8 | b.p[16];
    uint8_t version = big ? b.p[23] : b.p[20];
    bool has_ident = is_one_or_two(b.p[4]) && is_one_or_two(b.p[5]) && b.p[6] == 1;
    bool has_machine = (b.p[18] | b.p[19]) != 0;
    bool has_type = type >= 1 && type <= 4;
    return has_ident && has_machine && has_type && version == 1;
}

/* e_lfanew at 0x3c (PE Format, 2).  Windows refuses offsets of 256 MiB and more. */
static bool check_mz(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    uint32_t lfanew;
    if (bytes_start(b, BYTES("MZqFpD"))) {
        return true;
    }
    return cur_skip(&c, 0x3c) && cur_u32le(&c, &lfanew) && lfanew >= 4 && lfanew < 0x10000000u;
}

/* cputype, filetype, ncmds and sizeofcmds (loader.h, struct mach_header). */
static bool check_macho(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    bool big = b.p[0] == 0xfe;
    uint32_t cpu, type, num, bytes;
    if (!cur_skip(&c, 4) || !take_u32(&c, big, &cpu) || !cur_skip(&c, 4)
        || !take_u32(&c, big, &type) || !take_u32(&c, big, &num) || !take_u32(&c, big, &bytes)) {
        return false;
    }

    uint32_t family = cpu & 0x00ffffffu; /* without the bit for 64 bits */
    bool has_types = family >= 1 && family <= 18 && type >= 1 && type <= 12;
    bool has_commands = num >= 1 && num <= 10000;
    return has_types && has_commands && bytes / 8 >= num && bytes <= 0x1000000u;
}

/* A number of architectures (fat.h), or the minor and major version of a class (JVMS 4.1; major 45
 * is Java 1.1). */
static bool check_cafe(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    bool big = b.p[0] == 0xca;
    bool fat64 = b.p[big ? 3 : 0] == 0xbf;
    uint32_t n;
    if (!cur_skip(&c, 4) || !take_u32(&c, big, &n)) {
        return false;
    }

    uint32_t major = n & 0xffff;
    bool is_fat = n >= 1 && n <= 30 && b.n >= 8 + 20;
    bool can_be_class = big && !fat64 && b.n >= 10;
    return is_fat || (can_be_class && major >= 45 && major <= 80);
}

/* "#!", blanks and an absolute path, then text up to the end of the line. */
static bool check_script(struct bytes b)
{
    size_t i = 2;
    while (i < b.n && (b.p[i] == ' ' || b.p[i] == '\t')) {
        i++;
    }
    if (b.n < 8 || i >= b.n || b.p[i] != '/') {
        return false;
    }

    for (; i < b.n && b.p[i] != '\n'; i++) {
        if (!is_text(b.p[i])) {
            return false;
        }
    }

    return true;
}

static bool check_dex(struct bytes b)
{
    bool digits = b.n >= 8;
    for (size_t i = 4; digits && i < 7; i++) {
        digits = is_digit(b.p[i]);
    }
    return digits && b.p[7] == 0;
}

/* Entries and the size of the directory (APPNOTE 4.3.16).  An archive without entries is
 * ignored. */
static bool check_zip_end(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    uint16_t num_here, num;
    uint32_t dir_bytes;
    if (!cur_skip(&c, 8) || !cur_u16le(&c, &num_here) || !cur_u16le(&c, &num)
        || !cur_u32le(&c, &dir_bytes) || !cur_skip(&c, 6)) {
        return false;
    }

    bool has_num = num == 0xffff || num_here == num; /* 0xffff: the number is in the zip64 record */
    return num != 0 && has_num && dir_bytes >= 46;
}

/* Version needed, method, lengths, and the first character of the name (APPNOTE 4.3.7). */
static bool check_zip_local(struct bytes b)
{
    if (b.n < 31) {
        return false;
    }
    int version = b.p[4];
    int method = b.p[8] | b.p[9] << 8;
    int name = b.p[26] | b.p[27] << 8;
    bool has_name = name > 0 && name <= 4096 && is_text(b.p[30]);
    return version <= 63 && method <= 99 && has_name;
}

/* Flags, XFL and OS (RFC 1952, 2.3), and a first block of a type that exists (RFC 1951, 3.2.3). */
static bool check_gzip(struct bytes b)
{
    if (b.n < 18 || (b.p[3] & 0xe0) != 0) {
        return false;
    }
    bool has_xfl = b.p[8] == 0 || b.p[8] == 2 || b.p[8] == 4;
    bool has_os = b.p[9] <= 13 || b.p[9] == 255;
    bool has_block = b.p[3] != 0 || (b.p[10] >> 1 & 3) != 3;
    return has_xfl && has_os && has_block;
}

/* A reserved bit that is 0 (RFC 8878, 3.1.1.1). */
static bool check_zstd(struct bytes b) { return b.n >= 9 && (b.p[4] & 0x08) == 0; }

/* "%PDF-1.4" */
static bool check_pdf(struct bytes b)
{
    if (b.n < 9) {
        return false;
    }
    return (b.p[5] == '1' || b.p[5] == '2') && b.p[6] == '.' && is_digit(b.p[7]);
}

static bool check_bzip2(struct bytes b)
{
    return b.n >= 10 && b.p[3] >= '1' && b.p[3] <= '9'
           && bytes_eq(bytes_sub(b, 4, 6), BYTES("1AY&SY"));
}

static bool check_rar(struct bytes b)
{
    return b.n >= 14 && (b.p[6] == 0 || (b.p[6] == 1 && b.p[7] == 0));
}

static bool check_text(struct bytes b, bool hex)
{
    size_t i = 0;
    while (i < b.n && embedded_is_text(b.p[i], hex)) {
        i++;
    }
    return i >= SEARCH_LOOK;
}

bool prefilter_check(enum magic m, struct bytes b)
{
    switch (m) {
    case MAGIC_ELF: return check_elf(b);
    case MAGIC_MZ: return check_mz(b);
    case MAGIC_MACHO: return check_macho(b);
    case MAGIC_CAFE: return check_cafe(b);
    case MAGIC_SCRIPT: return check_script(b);
    case MAGIC_WASM: return b.n >= 10 && b.p[8] <= 13; /* the highest id of a section */
    case MAGIC_DEX: return check_dex(b);
    case MAGIC_PDF: return check_pdf(b);
    case MAGIC_SHELLCODE: return shellcode_prefilter(b);
    case MAGIC_ZIP_END: return check_zip_end(b);
    case MAGIC_ZIP_LOCAL: return check_zip_local(b);
    case MAGIC_SEVENZIP: return b.n >= 32 && b.p[6] == 0 && b.p[7] <= 4;
    case MAGIC_RAR: return check_rar(b);
    case MAGIC_CAB: return b.n >= 36 && b.p[24] <= 3 && b.p[25] == 1;
    case MAGIC_GZIP: return check_gzip(b);
    case MAGIC_BZIP2: return check_bzip2(b);
    case MAGIC_XZ: return b.n >= 24 && b.p[6] == 0 && b.p[7] <= 15;
    case MAGIC_ZSTD: return check_zstd(b);
    case MAGIC_PICKLE: return embedded_pickle_prefilter(b);
    case MAGIC_BASE64: return check_text(b, false);
    case MAGIC_HEX: return check_text(b, true);
    case MAGIC_LNK: return b.n >= SEARCH_LOOK;
    case NUM_MAGICS: break;
    }
    return false;
}
