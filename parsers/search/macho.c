/* macho.c - Mach-O, thin and fat, and Java classes, which share their first bytes with fat Mach-O.
 *
 *   thin: [magic][cputype, filetype, ncmds, sizeofcmds][load commands: cmd, cmdsize, ...]
 *   fat:  CA FE BA BE|BF [number][cputype, subtype, offset, size, align] ...   big-endian
 *   class: CA FE BA BE [minor][major][number of constants][constants ...]      big-endian
 *
 * Apple's mach-o/loader.h and fat.h; Java VM Specification 4.1 and 4.4. */
#include "executable.h"

#include <stdio.h>

enum {
    LC_SEGMENT = 1,
    LC_UNIXTHREAD = 5,
    LC_SEGMENT_64 = 0x19,
    HEADER_BYTES_64 = 32,
    HEADER_BYTES_32 = 28,
    COMMAND_BYTES = 8, /* cmd and cmdsize */
    SEGMENT_BYTES = 56, /* the smaller segment command */
    MAIN_BYTES = 16, /* the part of LC_MAIN that is read */
    MAX_COMMANDS = 256, /* load commands that are read */
    FAT_BYTES_64 = 32, /* of one architecture in a fat file */
    FAT_BYTES_32 = 20,
    MAX_FAT = 30, /* architectures; a Java class has a larger number there */
    MAX_CONSTANTS = 64, /* constants of a class that are read */
    MIN_CONSTANTS = 4,
    OLDEST_CLASS = 45, /* major version of Java 1.1 */
    NEWEST_CLASS = 80 /* beyond today's versions */
};
#define LC_MAIN 0x80000028u

static const struct {
    uint32_t id;
    const char *name;
    enum arch arch;
} machines[] = { { 7, "x86", ARCH_X86 },
                 { 0x01000007, "x86-64", ARCH_X86_64 },
                 { 12, "arm", ARCH_ARM },
                 { 0x0100000c, "aarch64", ARCH_AARCH64 },
                 { 0x0200000c, "aarch64-32", ARCH_AARCH64 },
                 { 18, "powerpc", ARCH_NONE },
                 { 0x01000012, "powerpc64", ARCH_NONE } };

static void name_machine(struct exec *e, uint32_t cpu)
{
    snprintf(e->machine, sizeof e->machine, "cpu 0x%x", cpu);
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].id == cpu) {
            snprintf(e->machine, sizeof e->machine, "%s", machines[i].name);
            e->arch = machines[i].arch;
        }
    }
}

struct macho {
    bool big; /* big-endian */
    bool wide; /* 64 bits */
    uint32_t cpu;
    uint32_t num; /* load commands */
    uint32_t bytes; /* of all load commands */
};

static bool read_header(struct view *v, struct macho *f)
{
    struct cursor c;
    uint8_t first, last;
    uint32_t skipped;
    if (!view_take(v, 0, HEADER_BYTES_32, &c) || !cur_u8(&c, &first) || !cur_skip(&c, 2)
        || !cur_u8(&c, &last)) {
        return false;
    }

    f->big = first == 0xfe;
    f->wide = (f->big ? last : first) == 0xcf;
    return take_u32(&c, f->big, &f->cpu) && cur_skip(&c, 8) && take_u32(&c, f->big, &f->num)
           && take_u32(&c, f->big, &f->bytes) && take_u32(&c, f->big, &skipped);
}

/* Offset and size of a piece of the file, of 32 or 64 bits each. */
static bool take_place(struct cursor *c, bool big, bool wide, uint64_t *off, uint64_t *bytes)
{
    uint32_t off32, bytes32;
    if (wide) {
        return take_u64(c, big, off) && take_u64(c, big, bytes);
    }
    if (!take_u32(c, big, &off32) || !take_u32(c, big, &bytes32)) {
        return false;
    }

    *off = off32;
    *bytes = bytes32;
    return true;
}

/* Extends *size to the end of a segment.  Its place in the file follows its name and addresses. */
static bool read_segment(struct view *v, const struct macho *f, uint64_t at, uint64_t *size)
{
    struct cursor c;
    uint64_t off, bytes, end;
    uint64_t place_at = at + (f->wide ? 40 : 32);
    if (!view_take(v, place_at, f->wide ? 16 : 8, &c)
        || !take_place(&c, f->big, f->wide, &off, &bytes)) {
        return false;
    }
    if (add_u64(off, bytes, &end) && end > *size && end <= view_left(v)) {
        *size = end;
    }

    return true;
}

struct command {
    uint32_t cmd;
    uint32_t bytes; /* with the header of the command */
};

/* Reads the load command at an offset; all commands end at `stop`. */
static bool read_command(struct view *v, const struct macho *f, uint64_t at, uint64_t stop,
                         struct command *out)
{
    struct cursor c;
    if (stop - at < COMMAND_BYTES || !view_take(v, at, COMMAND_BYTES, &c)
        || !take_u32(&c, f->big, &out->cmd) || !take_u32(&c, f->big, &out->bytes)) {
        return false;
    }
    bool is_aligned = (out->bytes & 3) == 0;
    return is_aligned && out->bytes >= COMMAND_BYTES && out->bytes <= stop - at;
}

/* LC_MAIN: the offset of the entry. */
static void read_main(struct view *v, const struct macho *f, uint64_t at, struct exec *e)
{
    struct cursor c;
    uint64_t entry;
    if (view_take(v, at + COMMAND_BYTES, 8, &c) && take_u64(&c, f->big, &entry)) {
        e->entry = num_of(entry);
    }
}

bool macho_confirm(struct view *v, struct exec *e)
{
    struct macho f = { 0 };
    if (!read_header(v, &f)) {
        return false;
    }

    uint64_t at = f.wide ? HEADER_BYTES_64 : HEADER_BYTES_32;
    uint64_t stop = at + f.bytes;
    uint64_t size = stop;
    bool any = false; /* a segment was read */
    for (uint32_t i = 0; i < f.num && i < MAX_COMMANDS; i++) {
        struct command l;
        if (!read_command(v, &f, at, stop, &l)) {
            return false;
        }

        bool is_segment = l.cmd == LC_SEGMENT || l.cmd == LC_SEGMENT_64;
        if (is_segment && l.bytes >= SEGMENT_BYTES) {
            any |= read_segment(v, &f, at, &size);
        }
        if (l.cmd == LC_MAIN && l.bytes >= MAIN_BYTES) {
            read_main(v, &f, at, e);
        }

        at += l.bytes;
    }

    if (!any || stop > view_left(v)) {
        return false;
    }

    e->kind = "mach-o";
    e->size = num_of(size);
    e->big = f.big;
    name_machine(e, f.cpu);
    return true;
}

/* The sum of two offsets, or no number where it does not fit. */
static struct num offset_of(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return add_u64(a, b, &sum) ? num_of(sum) : NUM_NONE;
}

/* At least one architecture has a Mach-O as its bytes. */
static bool confirm_fat(struct view *v, bool big, bool wide, uint32_t num, struct exec *e)
{
    size_t row = wide ? FAT_BYTES_64 : FAT_BYTES_32;
    for (uint32_t i = 0; i < num; i++) {
        struct cursor c;
        uint32_t cpu, sub;
        uint64_t off, bytes;
        if (!view_take(v, 8 + (uint64_t)i * row, row, &c) || !take_u32(&c, big, &cpu)
            || !take_u32(&c, big, &sub) || !take_place(&c, big, wide, &off, &bytes)) {
            return false;
        }

        struct view part = { .src = v->src };
        if (off < view_left(v) && add_u64(v->at, off, &part.at) && macho_confirm(&part, e)) {
            e->entry = e->entry.set ? offset_of(e->entry.v, off) : NUM_NONE;
            e->size = offset_of(e->size.v, off);
            return true;
        }
    }

    return false;
}

/* Bytes of a constant after its tag, or 0 for a tag that does not exist (JVMS 4.4). */
static uint64_t constant_bytes(uint8_t tag, struct cursor c)
{
    uint16_t n;
    switch (tag) {
    case 1: return cur_u16be(&c, &n) ? 2u + (uint64_t)n : 0;
    case 3:
    case 4: return 4;
    case 5:
    case 6: return 8;
    case 7:
    case 8:
    case 16:
    case 19:
    case 20: return 2;
    case 9:
    case 10:
    case 11:
    case 12:
    case 17:
    case 18: return 4;
    case 15: return 3;
    default: return 0;
    }
}

static bool confirm_class(struct view *v, struct exec *e)
{
    struct cursor c;
    uint16_t minor, major, num;
    if (!view_take(v, 4, 6, &c) || !cur_u16be(&c, &minor) || !cur_u16be(&c, &major)
        || !cur_u16be(&c, &num)) {
        return false;
    }
    if (major < OLDEST_CLASS || major > NEWEST_CLASS || num < MIN_CONSTANTS) {
        return false;
    }

    uint64_t at = 10; /* behind the number of constants */
    for (unsigned i = 1; i < num && i < MAX_CONSTANTS; i++) {
        uint8_t tag;
        if (!view_some(v, at, 3, &c) || !cur_u8(&c, &tag)) {
            return false;
        }

        uint64_t bytes = constant_bytes(tag, c);
        if (bytes == 0) {
            return false;
        }

        at += 1 + bytes;
        i += tag == 5 || tag == 6; /* long and double count as two constants */
    }

    e->kind = "java-class";
    snprintf(e->machine, sizeof e->machine, "jvm %u", major);
    return at <= view_left(v);
}

bool cafe_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    struct bytes magic;
    uint32_t num;
    if (!view_take(v, 0, 8, &c) || !cur_take(&c, 4, &magic)) {
        return false;
    }

    bool big = bytes_start(magic, BYTES("\xca"));
    bool wide =
        bytes_eq(magic, BYTES("\xca\xfe\xba\xbf")) || bytes_eq(magic, BYTES("\xbf\xba\xfe\xca"));
    if (!take_u32(&c, big, &num)) {
        return false;
    }
    if (num >= 1 && num <= MAX_FAT && confirm_fat(v, big, wide, num, e)) {
        return true;
    }

    return big && !wide && confirm_class(v, e);
}
