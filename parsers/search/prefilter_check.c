/* prefilter_check.c - what 64 bytes can tell: most candidates end here, without a read.
 *
 * A check may let nonsense through; it must never refuse what a loader would take. */
#include "embedded_pickle.h"
#include "prefilter.h"

static bool text_byte(uint8_t c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

/* ELF 1: e_ident, e_type, e_machine, e_version. */
static bool quick_elf(struct bytes b)
{
    if (b.n < 52) {
        return false;
    }
    bool big = b.p[5] == 2;
    int type = big ? b.p[16] << 8 | b.p[17] : b.p[17] << 8 | b.p[16];
    uint8_t version = big ? b.p[23] : b.p[20];
    return (b.p[4] == 1 || b.p[4] == 2) && (b.p[5] == 1 || b.p[5] == 2) && b.p[6] == 1 && type >= 1
           && type <= 4 && (b.p[18] | b.p[19]) != 0 && version == 1;
}

/* PE 2: e_lfanew at 0x3c.  Windows refuses one from 256 MiB on. */
static bool quick_mz(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    uint32_t lfanew;
    if (bytes_start(b, BYTES("MZqFpD"))) {
        return true;
    }
    return cur_skip(&c, 0x3c) && cur_u32le(&c, &lfanew) && lfanew >= 4 && lfanew < 0x10000000u;
}

static bool u32_of(struct cursor *c, bool big, uint32_t *out)
{
    return big ? cur_u32be(c, out) : cur_u32le(c, out);
}

/* loader.h, struct mach_header: cputype, filetype, ncmds, sizeofcmds. */
static bool quick_macho(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    bool big = b.p[0] == 0xfe;
    uint32_t cpu, type, num, bytes;
    if (!cur_skip(&c, 4) || !u32_of(&c, big, &cpu) || !cur_skip(&c, 4) || !u32_of(&c, big, &type)
        || !u32_of(&c, big, &num) || !u32_of(&c, big, &bytes)) {
        return false;
    }
    return (cpu & 0x00ffffffu) >= 1 && (cpu & 0x00ffffffu) <= 18 && type >= 1 && type <= 12
           && num >= 1 && num <= 10000 && bytes / 8 >= num && bytes <= 0x1000000u;
}

/* fat.h: number of architectures; JVMS 4.1: minor, major (45 is Java 1.1). */
static bool quick_cafe(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    bool big = b.p[0] == 0xca, fat64 = b.p[big ? 3 : 0] == 0xbf;
    uint32_t n;
    if (!cur_skip(&c, 4) || !u32_of(&c, big, &n)) {
        return false;
    }
    bool class_file = big && !fat64 && (n & 0xffff) >= 45 && (n & 0xffff) <= 80 && b.n >= 10;
    return (n >= 1 && n <= 30 && b.n >= 8 + 20) || class_file;
}

/* "#!", blanks, a path. */
static bool quick_script(struct bytes b)
{
    size_t i = 2;
    while (i < b.n && (b.p[i] == ' ' || b.p[i] == '\t')) {
        i++;
    }
    if (b.n < 8 || i >= b.n || b.p[i] != '/') {
        return false;
    }
    for (; i < b.n && b.p[i] != '\n'; i++) {
        if (!text_byte(b.p[i])) {
            return false;
        }
    }
    return true;
}

static bool quick_dex(struct bytes b)
{
    bool digits = b.n >= 8;
    for (size_t i = 4; digits && i < 7; i++) {
        digits = b.p[i] >= '0' && b.p[i] <= '9';
    }
    return digits && b.p[7] == 0;
}

/* APPNOTE 4.3.16: entries, size of the directory.  An archive of nothing hides nothing. */
static bool quick_zip_end(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    uint16_t num_here, num;
    uint32_t dir_bytes;
    if (!cur_skip(&c, 8) || !cur_u16le(&c, &num_here) || !cur_u16le(&c, &num)
        || !cur_u32le(&c, &dir_bytes) || !cur_skip(&c, 6)) {
        return false;
    }
    return num != 0 && (num == 0xffff || num_here == num) && dir_bytes >= 46;
}

/* APPNOTE 4.3.7: version needed, method, lengths. */
static bool quick_zip_local(struct bytes b)
{
    if (b.n < 31) {
        return false;
    }
    int version = b.p[4], method = b.p[8] | b.p[9] << 8, name = b.p[26] | b.p[27] << 8;
    return version <= 63 && method <= 99 && name > 0 && name <= 4096 && text_byte(b.p[30]);
}

/* RFC 1952 2.3: flags, XFL, OS; then RFC 1951 3.2.3: no block of type 3. */
static bool quick_gzip(struct bytes b)
{
    return b.n >= 18 && (b.p[3] & 0xe0) == 0 && (b.p[8] == 0 || b.p[8] == 2 || b.p[8] == 4)
           && (b.p[9] <= 13 || b.p[9] == 255) && (b.p[3] != 0 || (b.p[10] >> 1 & 3) != 3);
}

/* RFC 8878 3.1.1.1: reserved bit, and a first block that is not of the reserved type. */
static bool quick_zstd(struct bytes b) { return b.n >= 9 && (b.p[4] & 0x08) == 0; }

static bool quick_pdf(struct bytes b)
{
    return b.n >= 9 && (b.p[5] == '1' || b.p[5] == '2') && b.p[6] == '.' && b.p[7] >= '0'
           && b.p[7] <= '9';
}

static bool quick_text(struct bytes b, bool hex)
{
    size_t i = 0;
    while (i < b.n && (hex ? embedded_is_hex(b.p[i]) : embedded_is_base64(b.p[i]))) {
        i++;
    }
    return i >= SEARCH_LOOK;
}

bool quick_check(enum magic m, struct bytes b)
{
    switch (m) {
    case MAGIC_ELF: return quick_elf(b);
    case MAGIC_MZ: return quick_mz(b);
    case MAGIC_MACHO: return quick_macho(b);
    case MAGIC_CAFE: return quick_cafe(b);
    case MAGIC_SCRIPT: return quick_script(b);
    /* section ids of the core specification */
    case MAGIC_WASM: return b.n >= 10 && b.p[8] <= 13;
    case MAGIC_DEX: return quick_dex(b);
    case MAGIC_PDF: return quick_pdf(b);
    case MAGIC_SHELLCODE: return shellcode_quick(b);
    case MAGIC_ZIP_END: return quick_zip_end(b);
    case MAGIC_ZIP_LOCAL: return quick_zip_local(b);
    case MAGIC_SEVENZIP: return b.n >= 32 && b.p[6] == 0 && b.p[7] <= 4;
    case MAGIC_RAR: return b.n >= 14 && (b.p[6] == 0 || (b.p[6] == 1 && b.p[7] == 0));
    case MAGIC_CAB: return b.n >= 36 && b.p[24] <= 3 && b.p[25] == 1;
    case MAGIC_GZIP: return quick_gzip(b);
    case MAGIC_BZIP2:
        return b.n >= 10 && b.p[3] >= '1' && b.p[3] <= '9'
               && bytes_eq(bytes_sub(b, 4, 6), BYTES("1AY&SY"));
    case MAGIC_XZ: return b.n >= 24 && b.p[6] == 0 && b.p[7] <= 15;
    case MAGIC_ZSTD: return quick_zstd(b);
    case MAGIC_PICKLE: return embedded_pickle_quick(b);
    case MAGIC_BASE64: return quick_text(b, false);
    case MAGIC_HEX: return quick_text(b, true);
    case MAGIC_LNK: return b.n >= SEARCH_LOOK;
    case NUM_MAGICS: break;
    }
    return false;
}
