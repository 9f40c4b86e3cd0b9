/* elf.c - ELF, 32 and 64 bits, both byte orders.
 *
 *   [e_ident 16][header: type, machine, entry, where the tables are]
 *   [program headers: what is loaded]  ...  [section headers: what linkers see]
 *
 * System V ABI, chapters 4 and 5; what Linux insists on is in fs/binfmt_elf.c. */
#include "executable.h"

#include <stdio.h>

/* headers looked at */
enum { PT_LOAD = 1, MAX_HEADERS = 64 };

struct elf {
    bool wide, big;
    uint16_t type, machine, ph_bytes, num_ph, sh_bytes, num_sh;
    uint64_t entry, ph_at, sh_at;
};
struct load {
    uint32_t type;
    uint64_t off, vaddr, file_bytes;
};

static const struct {
    uint16_t id;
    const char *name;
    enum arch arch;
    bool gpu;
} machines[] = { { 3, "x86", ARCH_X86, false },       { 62, "x86-64", ARCH_X86_64, false },
                 { 40, "arm", ARCH_ARM, false },      { 183, "aarch64", ARCH_AARCH64, false },
                 { 243, "riscv", ARCH_NONE, false },  { 8, "mips", ARCH_NONE, false },
                 { 20, "powerpc", ARCH_NONE, false }, { 21, "powerpc64", ARCH_NONE, false },
                 { 22, "s390", ARCH_NONE, false },    { 2, "sparc", ARCH_NONE, false },
                 { 43, "sparc64", ARCH_NONE, false }, { 258, "loongarch", ARCH_NONE, false },
                 { 247, "bpf", ARCH_NONE, false },    { 50, "ia64", ARCH_NONE, false },
                 { 4, "m68k", ARCH_NONE, false },     { 190, "cuda", ARCH_NONE, true },
                 { 224, "amdgpu", ARCH_NONE, true },  { 164, "hexagon", ARCH_NONE, true } };

static bool word(struct cursor *c, const struct elf *f, uint64_t *out)
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
    if (!view_some(v, 0, 64, &c) || !cur_skip(&c, 4) || !cur_u8(&c, &class) || !cur_u8(&c, &data)
        || !cur_skip(&c, 10)) {
        return false;
    }
    f->wide = class == 2;
    f->big = data == 2;
    return take_u16(&c, f->big, &f->type) && take_u16(&c, f->big, &f->machine)
           && take_u32(&c, f->big, &version) && word(&c, f, &f->entry) && word(&c, f, &f->ph_at)
           && word(&c, f, &f->sh_at) && take_u32(&c, f->big, &flags)
           && take_u16(&c, f->big, &header_bytes) && take_u16(&c, f->big, &f->ph_bytes)
           && take_u16(&c, f->big, &f->num_ph) && take_u16(&c, f->big, &f->sh_bytes)
           && take_u16(&c, f->big, &f->num_sh) && take_u16(&c, f->big, &names);
}

/* Does a table of n rows lie in what is left?  *end: its end. */
static bool table_fits(const struct view *v, uint64_t at, uint16_t rows, uint64_t row_bytes,
                       uint64_t *end)
{
    uint64_t bytes;
    return rows > 0 && mul_u64(rows, row_bytes, &bytes) && add_u64(at, bytes, end)
           && *end <= view_left(v);
}

static bool read_load(struct view *v, const struct elf *f, uint64_t at, struct load *out)
{
    struct cursor c;
    uint32_t flags;
    uint64_t paddr;
    if (!view_take(v, at, f->wide ? 56 : 32, &c) || !take_u32(&c, f->big, &out->type)) {
        return false;
    }
    if (f->wide && !take_u32(&c, f->big, &flags)) {
        return false;
    }
    return word(&c, f, &out->off) && word(&c, f, &out->vaddr) && word(&c, f, &paddr)
           && word(&c, f, &out->file_bytes);
}

static void note_load(const struct view *v, const struct elf *f, const struct load *l,
                      struct exec *e, uint64_t *size)
{
    uint64_t end;
    if (!add_u64(l->off, l->file_bytes, &end)) {
        return;
    }
    *size = end > *size && end <= view_left(v) ? end : *size;
    if (f->entry >= l->vaddr && f->entry - l->vaddr < l->file_bytes && f->entry != 0) {
        e->entry = num_of(l->off + (f->entry - l->vaddr));
    }
}

/* One segment at least that can be loaded from what is there. */
static bool read_loads(struct view *v, const struct elf *f, struct exec *e, uint64_t *size)
{
    uint64_t row = f->wide ? 56 : 32, end;
    bool any = false;
    if (f->ph_bytes != row || !table_fits(v, f->ph_at, f->num_ph, row, &end)) {
        return false;
    }
    *size = end;
    for (uint16_t i = 0; i < f->num_ph && i < MAX_HEADERS; i++) {
        struct load l;
        if (!read_load(v, f, f->ph_at + i * row, &l)) {
            return false;
        }
        if (l.type == PT_LOAD && l.off <= view_left(v)) {
            any = true;
            note_load(v, f, &l, e, size);
        }
    }
    return any;
}

bool elf_confirm(struct view *v, struct exec *e)
{
    struct elf f = { 0 };
    uint64_t size = 0, sections_end = 0;
    if (!read_header(v, &f)) {
        return false;
    }
    bool loads = read_loads(v, &f, e, &size);
    bool sections = f.sh_bytes == (f.wide ? 64 : 40)
                    && table_fits(v, f.sh_at, f.num_sh, f.sh_bytes, &sections_end);
    if (!loads && !(sections && f.type == 1)) { /* ET_REL has no segments */
        return false;
    }
    size = sections && sections_end > size ? sections_end : size;
    e->kind = "elf";
    e->size = num_of(size);
    e->big = f.big;
    snprintf(e->machine, sizeof e->machine, "machine %u", f.machine);
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].id == f.machine) {
            snprintf(e->machine, sizeof e->machine, "%s", machines[i].name);
            e->arch = machines[i].arch;
            /* compiled models carry their kernels so */
            e->kind = machines[i].gpu ? "gpu-elf" : "elf";
        }
    }
    return true;
}
