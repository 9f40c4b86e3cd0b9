/* code.c - the only file that knows Capstone; it is opened when there is something to decode. */
#include "executable.h"

#include <capstone/capstone.h>

struct mode {
    cs_arch arch;
    cs_mode mode;
};

static struct mode mode_of(enum arch arch, bool big)
{
    cs_mode order = big ? CS_MODE_BIG_ENDIAN : CS_MODE_LITTLE_ENDIAN;
    switch (arch) {
    case ARCH_X86: return (struct mode){ CS_ARCH_X86, CS_MODE_32 };
    case ARCH_ARM: return (struct mode){ CS_ARCH_ARM, order };
    /* code is, even where data is not */
    case ARCH_AARCH64: return (struct mode){ CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN };
    case ARCH_X86_64:
    case ARCH_NONE: break;
    }
    return (struct mode){ CS_ARCH_X86, CS_MODE_64 };
}

static bool is_call(const cs_insn *insn)
{
    return insn->id == X86_INS_SYSCALL
           || (insn->id == X86_INS_INT && insn->size == 2 && insn->bytes[1] == 0x80);
}

unsigned code_run(enum arch arch, struct bytes code, bool to_call, unsigned max, size_t *used)
{
    struct mode m = mode_of(arch, false);
    csh handle;
    unsigned n = 0;
    bool call = false;
    uint64_t address = 0;
    *used = 0;
    if (cs_open(m.arch, m.mode, &handle) != CS_ERR_OK) {
        return 0;
    }
    cs_insn *insn = cs_malloc(handle);
    const uint8_t *p = code.p;
    size_t left = code.n;
    while (insn != NULL && n < max && left > 0 && !(to_call && call)
           && cs_disasm_iter(handle, &p, &left, &address, insn)) {
        n++;
        call = is_call(insn);
    }
    *used = code.n - left;
    if (insn != NULL) {
        cs_free(insn, 1);
    }
    (void)cs_close(&handle); /* nothing to do where it fails */
    return to_call && !call ? 0 : n;
}

unsigned code_count(enum arch arch, bool big, struct bytes code, uint64_t address, unsigned max)
{
    struct mode m = mode_of(arch, big);
    csh handle;
    unsigned n = 0;
    if (arch == ARCH_NONE || cs_open(m.arch, m.mode, &handle) != CS_ERR_OK) {
        return 0;
    }
    cs_insn *insn = cs_malloc(handle);
    const uint8_t *p = code.p;
    size_t left = code.n;
    while (insn != NULL && n < max && left > 0
           && cs_disasm_iter(handle, &p, &left, &address, insn)) {
        n++;
    }
    if (insn != NULL) {
        cs_free(insn, 1);
    }
    (void)cs_close(&handle); /* nothing to do where it fails */
    return n;
}
