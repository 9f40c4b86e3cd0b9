/* elf.c - ELF, 32 and 64 bits, both byte orders.
 *
 *   [e_ident 16][header: type, machine, entry, places of the tables]
 *   [program headers, for loaders]  ...  [section headers, for linkers]
 *
 * System V ABI, chapters 4 and 5; the demands of Linux are in fs/binfmt_elf.c. */
#include "executable.h"

#include <stdio.h>

enum {
    HEADER_BYTES = 64, /* with 64 bits; 52 with 32 */
    CLASS_64 = 2, /* e_ident[EI_CLASS] */
    DATA_BIG = 2, /* e_ident[EI_DATA] */
    ET_REL = 1, /* an object file, which has sections and no segments */
    PT_LOAD = 1,
    MAX_HEADERS = 64, /* program headers that are read */
    PH_BYTES_64 = 56, /* bytes of a program header and of a section header */
    PH_BYTES_32 = 32,
    SH_BYTES_64 = 64,
    SH_BYTES_32 = 40
};

struct elf {
    bool wide; /* 64 bits */
    bool big; /* big-endian */
    uint16_t type;
    uint16_t machine;
    uint64_t entry; /* address of the first instruction */
    uint64_t ph_at; /* offset of the program headers */
    uint16_t ph_bytes; /* bytes of one */
    uint16_t num_ph;
    uint64_t sh_at; /* offset of the section headers */
    uint16_t sh_bytes; /* bytes of one */
    uint16_t num_sh;
};

/* A program header. */
struct segment {
    uint32_t type;
    uint64_t off;
    uint64_t vaddr;
    uint64_t file_bytes;
};

static const struct {
    uint16_t id;
    const char *name;
    enum arch arch;
    bool gpu; /* compiled models carry such kernels */
} machines[] = { { 3, "x86", ARCH_X86, false },       { 62, "x86-64", ARCH_X86_64, false },
                 { 40, "arm", ARCH_ARM, false },      { 183, "aarch64", ARCH_AARCH64, false },
                 { 243, "riscv", ARCH_NONE, false },  { 8, "mips", ARCH_NONE, false },
                 { 20, "powerpc", ARCH_NONE, false }, { 21, "powerpc64", ARCH_NONE, false },
                 { 22, "s390", ARCH_NONE, false },    { 2, "sparc", ARCH_NONE, false },
                 { 43, "sparc64", ARCH_NONE, false }, { 258, "loongarch", ARCH_NONE, false },
                 { 247, "bpf", ARCH_NONE, false },    { 50, "ia64", ARCH_NONE, false },
                 { 4, "m68k", ARCH_NONE, false },     { 190, "cuda", ARCH_NONE, true },
                 { 224, "amdgpu", ARCH_NONE, true },  { 164, "hexagon", ARCH_NONE, true } };

/* An address, offset or size: 32 or 64 bits. */
static bool take_word(struct cursor *c, const struct elf *f, uint64_t *out)
{
    uint32_t narrow;
    if (f->wide) {
        return take_u64(c, f->big, out);
    }
    if (!take_u32(c, f->big, &narrow)) {
        return false;
    }

    *out = narrow;
    return true;
}

static bool read_header(struct view *v, struct elf *f)
{
    struct cursor c;
    uint32_t version, flags;
    uint16_t header_bytes, names;
    uint8_t class, data;
    if (!view_some(v, 0, HEADER_BYTES, &c) || !cur_skip(&c, 4) || !cur_u8(&c, &class)
        || !cur_u8(&c, &data) || !cur_skip(&c, 10)) {
        return false;
    }

    f->wide = class == CLASS_64;
    f->big = data == DATA_BIG;
    return take_u16(&c, f->big, &f->type) && take_u16(&c, f->big, &f->machine)
           && take_u32(&c, f->big, &version) && take_word(&c, f, &f->entry)
           && take_word(&c, f, &f->ph_at) && take_word(&c, f, &f->sh_at)
           && take_u32(&c, f->big, &flags) && take_u16(&c, f->big, &header_bytes)
           && take_u16(&c, f->big, &f->ph_bytes) && take_u16(&c, f->big, &f->num_ph)
           && take_u16(&c, f->big, &f->sh_bytes) && take_u16(&c, f->big, &f->num_sh)
           && take_u16(&c, f->big, &names);
}

/* A table with rows lies within the object.  Sets *end to the offset behind it. */
static bool table_fits(const struct view *v, uint64_t at, uint16_t rows, uint64_t row_bytes,
                       uint64_t *end)
{
    uint64_t bytes;
    return rows > 0 && mul_u64(rows, row_bytes, &bytes) && add_u64(at, bytes, end)
           && *end <= view_left(v);
}

static bool read_segment(struct view *v, const struct elf *f, uint64_t at, struct segment *out)
{
    struct cursor c;
    uint32_t flags;
    uint64_t paddr;
    if (!view_take(v, at, f->ph_bytes, &c) || !take_u32(&c, f->big, &out->type)) {
        return false;
    }
    if (f->wide && !take_u32(&c, f->big, &flags)) {
        return false;
    }

    return take_word(&c, f, &out->off) && take_word(&c, f, &out->vaddr) && take_word(&c, f, &paddr)
           && take_word(&c, f, &out->file_bytes);
}

/* Extends *size to the end of a segment, and finds the entry in it. */
static void note_segment(const struct view *v, const struct elf *f, const struct segment *s,
                         struct exec *e, uint64_t *size)
{
    uint64_t end;
    if (!add_u64(s->off, s->file_bytes, &end)) {
        return;
    }
    if (end > *size && end <= view_left(v)) {
        *size = end;
    }
    if (f->entry >= s->vaddr && f->entry - s->vaddr < s->file_bytes && f->entry != 0) {
        e->entry = num_of(s->off + (f->entry - s->vaddr));
    }
}

/* At least one segment begins within the object and can be loaded. */
static bool read_segments(struct view *v, const struct elf *f, struct exec *e, uint64_t *size)
{
    uint64_t row = f->wide ? PH_BYTES_64 : PH_BYTES_32;
    uint64_t end;
    bool any = false;
    if (f->ph_bytes != row || !table_fits(v, f->ph_at, f->num_ph, row, &end)) {
        return false;
    }

    *size = end;
    for (uint16_t i = 0; i < f->num_ph && i < MAX_HEADERS; i++) {
        struct segment s;
        if (!read_segment(v, f, f->ph_at + i * row, &s)) {
            return false;
        }
        if (s.type == PT_LOAD && s.off <= view_left(v)) {
            any = true;
            note_segment(v, f, &s, e, size);
        }
    }

    return any;
}

static void name_machine(struct exec *e, uint16_t machine)
{
    snprintf(e->machine, sizeof e->machine, "machine %u", machine);
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].id == machine) {
            snprintf(e->machine, sizeof e->machine, "%s", machines[i].name);
            e->arch = machines[i].arch;
            e->kind = machines[i].gpu ? "gpu-elf" : "elf";
        }
    }
}

bool elf_confirm(struct view *v, struct exec *e)
{
    struct elf f = { 0 };
    uint64_t size = 0;
    uint64_t sections_end = 0;
    if (!read_header(v, &f)) {
        return false;
    }

    bool loads = read_segments(v, &f, e, &size);
    bool sections = f.sh_bytes == (f.wide ? SH_BYTES_64 : SH_BYTES_32)
                    && table_fits(v, f.sh_at, f.num_sh, f.sh_bytes, &sections_end);
    bool is_object_file = sections && f.type == ET_REL;
    if (!loads && !is_object_file) {
        return false;
    }
    if (sections && sections_end > size) {
        size = sections_end;
    }

    e->kind = "elf";
    e->size = num_of(size);
    e->big = f.big;
    name_machine(e, f.machine);
    return true;
}
