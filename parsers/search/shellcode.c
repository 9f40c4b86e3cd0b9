/* shellcode.c - machine code without a container, in two forms that chance does not yield.
 *
 * Statistics of bytes are not used: weights can have any.  Both forms have many fixed bytes and
 * have to decode without a gap:
 *
 *   Linux     the path of a shell as an immediate operand, then instructions up to a system call
 *             (x86-64: mov r64, "/bin/sh"; x86: push "//sh", push "/bin")
 *   Windows   the start of a stager that looks up functions by hash: cld, then an alignment of the
 *             stack or a call over the resolver
 *
 * Reference: Intel SDM, volume 2 (MOV B8+r, PUSH 68, SYSCALL, INT); exploits have begun in this way
 * since 2009. */
#include "executable.h"
#include "prefilter.h"

#include <string.h>

enum {
    LOOK_CODE = 192, /* bytes that are decoded */
    MAX_INSTRUCTIONS = 48, /* instructions that are decoded */
    MIN_INSTRUCTIONS = 12, /* of a stager; random bytes decode to fewer */
    STAGER_BYTES = 20 /* the fixed part of a stager */
};

static bool has(struct bytes b, struct bytes op)
{
    return b.p != NULL && memmem(b.p, b.n, op.p, op.n) != NULL;
}

static bool is_shell_path(struct bytes b)
{
    return bytes_start(b, BYTES("/bin//sh")) || bytes_start(b, BYTES("/bin/sh\0"));
}

/* cld; and rsp, -16 (imm8 or imm32); call +00 00 00 xx; push r9; push r8. */
static bool is_stager64(struct bytes b)
{
    const struct bytes imm8 = BYTES("\xfc\x48\x83\xe4\xf0\xe8");
    const struct bytes imm32 = BYTES("\xfc\x48\x81\xe4\xf0\xff\xff\xff\xe8");
    size_t call; /* offset behind the opcode of the call */
    if (bytes_start(b, imm8)) {
        call = imm8.n;
    } else if (bytes_start(b, imm32)) {
        call = imm32.n;
    } else {
        return false;
    }

    return bytes_eq(bytes_sub(b, call + 1, 3), BYTES("\0\0\0"))
           && bytes_eq(bytes_sub(b, call + 4, 4), BYTES("\x41\x51\x41\x50"));
}

/* cld; call +00 00 00 xx; pushad; and soon mov r32, fs:[...+0x30]. */
static bool is_stager32(struct bytes b)
{
    return b.n >= STAGER_BYTES && bytes_start(b, BYTES("\xfc\xe8"))
           && bytes_eq(bytes_sub(b, 3, 4), BYTES("\0\0\0\x60"))
           && has(bytes_sub(b, 7, 9), BYTES("\x64\x8b"));
}

/* The bytes before the hit are read when it is confirmed. */
bool shellcode_prefilter(struct bytes b)
{
    if (b.n > 0 && b.p[0] == '/') {
        bool has_syscall = is_shell_path(b) && has(b, BYTES("\x0f\x05"));
        return has_syscall || has(b, BYTES("\xcd\x80")); /* int 0x80 */
    }
    return is_stager64(b) || is_stager32(b);
}

/* The code decodes: up to a system call (to_call), or far enough. */
static bool confirm_code(struct exec *e, enum arch arch, struct bytes code, bool to_call)
{
    size_t used = 0;
    unsigned n = code_run(arch, code, to_call, MAX_INSTRUCTIONS, &used);
    if (n == 0 || (!to_call && n < MIN_INSTRUCTIONS)) {
        return false;
    }

    e->kind = "shellcode";
    strcpy(e->machine, arch == ARCH_X86 ? "x86" : "x86-64");
    e->size = num_of(used);
    e->instructions = num_of(n);
    return true;
}

/* mov r64, imm64: a REX prefix and an opcode. */
static bool is_mov(struct bytes b)
{
    bool has_rex = b.p[0] == 0x48 || b.p[0] == 0x49;
    return has_rex && b.p[1] >= 0xb8 && b.p[1] <= 0xbf;
}

/* The hit is the immediate operand of an instruction that begins before it. */
static bool confirm_shell(struct view *v, struct exec *e)
{
    enum { MOV_BYTES = 2, PUSH_BYTES = 6 };
    size_t n = v->at < PUSH_BYTES ? (size_t)v->at : PUSH_BYTES;
    struct view back = { .src = v->src, .at = v->at - n };
    struct cursor c;
    if (!view_some(&back, 0, n + LOOK_CODE, &c) || cur_left(&c) < n + 8) {
        return false;
    }

    struct bytes all = { c.p, cur_left(&c) };
    struct bytes path = bytes_sub(all, n, all.n);
    if (n >= MOV_BYTES && is_shell_path(path)) {
        struct bytes code = bytes_sub(all, n - MOV_BYTES, all.n);
        if (is_mov(bytes_sub(code, 0, MOV_BYTES)) && confirm_code(e, ARCH_X86_64, code, true)) {
            return true;
        }
    }

    bool is_push = n == PUSH_BYTES && bytes_start(all, BYTES("\x68//sh\x68"));
    return is_push && confirm_code(e, ARCH_X86, all, true);
}

bool shellcode_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    if (!view_some(v, 0, LOOK_CODE, &c) || cur_left(&c) < STAGER_BYTES) {
        return false;
    }

    struct bytes b = { c.p, cur_left(&c) };
    if (b.p[0] == '/') {
        return confirm_shell(v, e);
    }
    if (is_stager64(b) && confirm_code(e, ARCH_X86_64, b, false)) {
        return true;
    }

    return is_stager32(b) && confirm_code(e, ARCH_X86, b, false);
}
