/* code.c - decodes instructions with Capstone, which is opened for each piece of code. */
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
    /* instructions are little-endian even on big-endian systems */
    case ARCH_AARCH64: return (struct mode){ CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN };
    case ARCH_X86_64:
    case ARCH_NONE: break;
    }
    return (struct mode){ CS_ARCH_X86, CS_MODE_64 };
}

static bool is_system_call(const cs_insn *insn)
{
    bool is_int80 = insn->id == X86_INS_INT && insn->size == 2 && insn->bytes[1] == 0x80;
    return insn->id == X86_INS_SYSCALL || is_int80;
}

/* An open disassembler and the code that is left to decode. */
struct decoding {
    csh handle;
    cs_insn *insn; /* the last instruction */
    const uint8_t *p;
    size_t left;
    uint64_t address;
};

static bool open_decoding(struct decoding *d, struct mode m, struct bytes code, uint64_t address)
{
    *d = (struct decoding){ .p = code.p, .left = code.n, .address = address };
    if (cs_open(m.arch, m.mode, &d->handle) != CS_ERR_OK) {
        return false;
    }

    d->insn = cs_malloc(d->handle);
    if (d->insn == NULL) {
        (void)cs_close(&d->handle); /* frees memory; a failure has no remedy */
        return false;
    }

    return true;
}

static bool decode_next(struct decoding *d)
{
    return d->left > 0 && cs_disasm_iter(d->handle, &d->p, &d->left, &d->address, d->insn);
}

static void close_decoding(struct decoding *d)
{
    cs_free(d->insn, 1);
    (void)cs_close(&d->handle); /* frees memory; a failure has no remedy */
}

unsigned code_run(enum arch arch, struct bytes code, bool to_call, unsigned max, size_t *used)
{
    struct decoding d;
    unsigned n = 0;
    bool call = false;
    *used = 0;
    if (!open_decoding(&d, mode_of(arch, false), code, 0)) {
        return 0;
    }

    while (n < max && !(to_call && call) && decode_next(&d)) {
        n++;
        call = is_system_call(d.insn);
    }

    *used = code.n - d.left;
    close_decoding(&d);
    return to_call && !call ? 0 : n;
}

unsigned code_count(enum arch arch, bool big, struct bytes code, uint64_t address, unsigned max)
{
    struct decoding d;
    unsigned n = 0;
    if (arch == ARCH_NONE || !open_decoding(&d, mode_of(arch, big), code, address)) {
        return 0;
    }

    while (n < max && decode_next(&d)) {
        n++;
    }

    close_decoding(&d);
    return n;
}
