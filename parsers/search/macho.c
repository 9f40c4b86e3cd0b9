/* macho.c - Mach-O, thin and fat, and Java classes, which share the fat one's first bytes.
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
    MAX_COMMANDS = 256,
    MAX_CONSTANTS = 64
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
    bool big, wide;
    uint32_t cpu, num, bytes;
};

static bool read_header(struct view *v, struct macho *f)
{
    struct cursor c;
    uint8_t first, last;
    uint32_t skipped;
    if (!view_take(v, 0, 28, &c) || !cur_u8(&c, &first) || !cur_skip(&c, 2) || !cur_u8(&c, &last)) {
        return false;
    }
    f->big = first == 0xfe;
    f->wide = (f->big ? last : first) == 0xcf;
    return take_u32(&c, f->big, &f->cpu) && cur_skip(&c, 8) && take_u32(&c, f->big, &f->num)
           && take_u32(&c, f->big, &f->bytes) && take_u32(&c, f->big, &skipped);
}

/* fileoff and filesize of a segment come after its name and its addresses. */
static bool read_segment(struct view *v, const struct macho *f, uint64_t at, uint64_t *size)
{
    struct cursor c;
    uint64_t off, bytes, end;
    uint32_t off32, bytes32;
    bool ok = f->wide ? view_take(v, at + 40, 16, &c) && take_u64(&c, f->big, &off)
                            && take_u64(&c, f->big, &bytes)
                      : view_take(v, at + 32, 8, &c) && take_u32(&c, f->big, &off32)
                            && take_u32(&c, f->big, &bytes32);
    if (!ok) {
        return false;
    }
    if (!f->wide) {
        off = off32;
        bytes = bytes32;
    }
    if (add_u64(off, bytes, &end) && end > *size && end <= view_left(v)) {
        *size = end;
    }
    return true;
}

bool macho_confirm(struct view *v, struct exec *e)
{
    struct macho f = { 0 };
    if (!read_header(v, &f)) {
        return false;
    }
    uint64_t at = f.wide ? 32 : 28, stop = at + f.bytes, size = stop;
    bool any = false;
    for (uint32_t i = 0; i < f.num && i < MAX_COMMANDS; i++) {
        struct cursor c;
        uint32_t cmd, bytes;
        uint64_t entry;
        if (stop - at < 8 || !view_take(v, at, 8, &c) || !take_u32(&c, f.big, &cmd)
            || !take_u32(&c, f.big, &bytes) || bytes < 8 || (bytes & 3) != 0 || bytes > stop - at) {
            return false;
        }
        if ((cmd == LC_SEGMENT || cmd == LC_SEGMENT_64) && bytes >= 56) {
            any |= read_segment(v, &f, at, &size);
        }
        if (cmd == LC_MAIN && bytes >= 16 && view_take(v, at + 8, 8, &c)
            && take_u64(&c, f.big, &entry)) {
            e->entry = num_of(entry);
        }
        at += bytes;
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

/* One architecture whose bytes are a Mach-O is enough. */
static bool fat_confirm(struct view *v, bool big, bool wide, uint32_t num, struct exec *e)
{
    size_t row = wide ? 32 : 20;
    for (uint32_t i = 0; i < num; i++) {
        struct cursor c;
        uint32_t cpu, sub, off32, bytes32;
        uint64_t off, bytes;
        if (!view_take(v, 8 + (uint64_t)i * row, row, &c) || !take_u32(&c, big, &cpu)
            || !take_u32(&c, big, &sub)) {
            return false;
        }
        bool ok = wide ? take_u64(&c, big, &off) && take_u64(&c, big, &bytes)
                       : take_u32(&c, big, &off32) && take_u32(&c, big, &bytes32);
        if (!ok) {
            return false;
        }
        off = wide ? off : off32;
        struct view part = { .src = v->src };
        if (off < view_left(v) && add_u64(v->at, off, &part.at) && macho_confirm(&part, e)) {
            uint64_t entry = e->entry.v, size;
            e->entry =
                e->entry.set && add_u64(entry, off, &entry) ? num_of(entry) : (struct num){ 0 };
            e->size = add_u64(e->size.v, off, &size) ? num_of(size) : (struct num){ 0 };
            return true;
        }
    }
    return false;
}

/* Bytes of a constant after its tag; 0: no such tag. */
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

static bool class_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    uint16_t minor, major, num;
    uint64_t at = 10;
    if (!view_take(v, 4, 6, &c) || !cur_u16be(&c, &minor) || !cur_u16be(&c, &major)
        || !cur_u16be(&c, &num) || major < 45 || major > 80 || num < 4) {
        return false;
    }
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
        i += tag == 5 || tag == 6; /* long and double take two numbers */
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
    if (num >= 1 && num <= 30 && fat_confirm(v, big, wide, num, e)) {
        return true;
    }
    return big && !wide && class_confirm(v, e);
}
