/* pe.c - PE executables, and llamafiles, which are Actually Portable Executables.
 *
 *   MZ ... [0x3c: e_lfanew] ... "PE\0\0" [COFF header 20][optional header][section table]
 *
 * Reference: Microsoft, PE Format.  Programs of DOS (MZ without PE) are not confirmed. */
#include "executable.h"

#include <stdio.h>

enum {
    LFANEW_AT = 0x3c, /* offset of the offset of "PE\0\0" */
    HEADERS_BYTES = 24, /* "PE\0\0" and the COFF header */
    OPTIONAL_BYTES = 20, /* the part of the optional header that is read */
    MAGIC_PE32 = 0x10b,
    MAGIC_PE32_PLUS = 0x20b,
    MAX_SECTIONS = 96, /* Windows loads no more */
    SECTION_BYTES = 40 /* of a row in the section table */
};

static const struct {
    uint16_t id;
    const char *name;
    enum arch arch;
} machines[] = { { 0x014c, "x86", ARCH_X86 },         { 0x8664, "x86-64", ARCH_X86_64 },
                 { 0x01c0, "arm", ARCH_ARM },         { 0x01c4, "arm", ARCH_NONE }, /* Thumb only */
                 { 0xaa64, "aarch64", ARCH_AARCH64 }, { 0x0200, "ia64", ARCH_NONE },
                 { 0x0ebc, "efi", ARCH_NONE },        { 0x5032, "riscv32", ARCH_NONE },
                 { 0x5064, "riscv64", ARCH_NONE },    { 0x6264, "loongarch64", ARCH_NONE },
                 { 0x01f0, "powerpc", ARCH_NONE },    { 0x0166, "mips", ARCH_NONE } };

struct pe {
    uint64_t sections_at; /* offset of the section table */
    uint16_t machine;
    uint16_t num_sections;
    uint32_t entry; /* address, relative to the image */
};

static bool read_headers(struct view *v, struct pe *f)
{
    struct cursor c;
    struct bytes sig;
    uint32_t lfanew;
    uint16_t optional_bytes, flags, magic;
    if (!view_take(v, LFANEW_AT, 4, &c) || !cur_u32le(&c, &lfanew)
        || !view_take(v, lfanew, HEADERS_BYTES + OPTIONAL_BYTES, &c) || !cur_take(&c, 4, &sig)
        || !bytes_eq(sig, BYTES("PE\0\0"))) {
        return false;
    }
    if (!cur_u16le(&c, &f->machine) || !cur_u16le(&c, &f->num_sections) || !cur_skip(&c, 12)
        || !cur_u16le(&c, &optional_bytes) || !cur_u16le(&c, &flags) || !cur_u16le(&c, &magic)
        || !cur_skip(&c, 14) || !cur_u32le(&c, &f->entry)) {
        return false;
    }

    f->sections_at = (uint64_t)lfanew + HEADERS_BYTES + optional_bytes;
    return (magic == MAGIC_PE32 || magic == MAGIC_PE32_PLUS) && f->num_sections <= MAX_SECTIONS;
}

/* Extends *size to the end of a section, and finds the entry in it. */
static bool read_section(struct view *v, const struct pe *f, uint64_t at, struct exec *e,
                         uint64_t *size)
{
    struct cursor c;
    uint32_t virtual_bytes, address, raw_bytes, raw_at;
    if (!view_take(v, at, SECTION_BYTES, &c) || !cur_skip(&c, 8) || !cur_u32le(&c, &virtual_bytes)
        || !cur_u32le(&c, &address) || !cur_u32le(&c, &raw_bytes) || !cur_u32le(&c, &raw_at)) {
        return false;
    }

    uint64_t end = (uint64_t)raw_at + raw_bytes;
    if (end > *size && end <= view_left(v)) {
        *size = end;
    }
    if (f->entry >= address && f->entry - address < raw_bytes) {
        e->entry = num_of((uint64_t)raw_at + (f->entry - address));
    }

    return true;
}

/* An Actually Portable Executable: a PE that shells of other systems run as a script. */
static bool is_portable_exe(struct view *v, struct exec *e)
{
    struct cursor c;
    struct bytes head;
    if (!view_take(v, 0, 8, &c) || !cur_take(&c, 8, &head) || !bytes_eq(head, BYTES("MZqFpD='"))) {
        return false;
    }
    e->kind = "llamafile";
    snprintf(e->machine, sizeof e->machine, "any");
    return true;
}

static void name_machine(struct exec *e, uint16_t machine)
{
    snprintf(e->machine, sizeof e->machine, "machine 0x%x", machine);
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].id == machine) {
            snprintf(e->machine, sizeof e->machine, "%s", machines[i].name);
            e->arch = machines[i].arch;
        }
    }
}

bool pe_confirm(struct view *v, struct exec *e)
{
    struct pe f = { 0 };
    if (is_portable_exe(v, e)) {
        return true;
    }
    if (!read_headers(v, &f)) {
        return false;
    }

    uint64_t size = f.sections_at + (uint64_t)f.num_sections * SECTION_BYTES;
    for (uint16_t i = 0; i < f.num_sections; i++) {
        if (!read_section(v, &f, f.sections_at + (uint64_t)i * SECTION_BYTES, e, &size)) {
            return false;
        }
    }

    e->kind = "pe";
    e->size = num_of(size);
    name_machine(e, f.machine);
    return true;
}
