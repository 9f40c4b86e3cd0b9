/* shellcode.c - machine code without a container, where it is certain.
 *
 * Not by how probable bytes look: weights look like anything. Two openings are known by many
 * bytes each, and have to decode without a gap:
 *
 *   Linux     the path of a shell as an immediate (x86-64: mov r64, "/bin/sh"; x86: push "//sh", push "/bin"),
 *             and from there instructions up to a system call
 *   Windows   the start of the stagers that look up functions by hash: cld, align or call over the resolver
 *
 * Reference: Intel SDM volume 2 (MOV B8+r, PUSH 68, SYSCALL, INT); exploits in the wild begin so
 * since 2009. */
#include "executable.h"
#include "prefilter.h"

#include <string.h>

enum { LOOK = 192, MAX_INSTRUCTIONS = 48, MIN_INSTRUCTIONS = 12 };
static const uint8_t syscall_op[] = { 0x0f, 0x05 }, int80_op[] = { 0xcd, 0x80 };

static bool has(struct bytes b, const uint8_t *op) { return memmem(b.p, b.n, op, 2) != NULL; }

static bool shell_path(struct bytes b)
{
    return bytes_start(b, BYTES("/bin//sh")) || bytes_start(b, BYTES("/bin/sh\0"));
}

/* cld; and rsp, -16 (imm8 or imm32); call: or cld; call; pushad. */
static bool stager64(struct bytes b)
{
    static const uint8_t near_call[] = { 0xfc, 0x48, 0x83, 0xe4, 0xf0, 0xe8 },
                         far_call[] = { 0xfc, 0x48, 0x81, 0xe4, 0xf0, 0xff, 0xff, 0xff, 0xe8 };
    size_t n = b.n > 5 && memcmp(b.p, near_call, 6) == 0  ? 6
               : b.n > 8 && memcmp(b.p, far_call, 9) == 0 ? 9
                                                          : 0;
    return n > 0 && b.n >= n + 8 && b.p[n + 1] == 0 && b.p[n + 2] == 0 && b.p[n + 3] == 0
           && memcmp(b.p + n + 4, "\x41\x51\x41\x50", 4) == 0;
}

static bool stager32(struct bytes b)
{
    static const uint8_t peb[] = { 0x64, 0x8b }; /* mov r32, fs:[...+0x30] */
    return b.n >= 20 && b.p[0] == 0xfc && b.p[1] == 0xe8 && b.p[3] == 0 && b.p[4] == 0
           && b.p[5] == 0 && b.p[6] == 0x60 && memmem(b.p + 7, 9, peb, 2) != NULL;
}

/* What 64 bytes can tell; what lies before them is looked at when it is confirmed. */
bool shellcode_quick(struct bytes b)
{
    if (b.n > 0 && b.p[0] == '/') {
        return (shell_path(b) && has(b, syscall_op)) || has(b, int80_op);
    }
    return stager64(b) || stager32(b);
}

static bool found(struct exec *e, enum arch arch, struct bytes code, bool ends)
{
    size_t used = 0;
    unsigned n = code_run(arch, code, ends, MAX_INSTRUCTIONS, &used);
    if (n == 0 || (!ends && n < MIN_INSTRUCTIONS)) {
        return false;
    }
    e->kind = "shellcode";
    strcpy(e->machine, arch == ARCH_X86 ? "x86" : "x86-64");
    e->size = num_of(used);
    e->instructions = num_of(n);
    return true;
}

/* The instruction that has the path in it begins before the hit. */
static bool shell_confirm(struct view *v, struct exec *e)
{
    uint8_t before[6] = { 0 };
    size_t n = v->at < sizeof before ? (size_t)v->at : sizeof before;
    struct view back = { .src = v->src, .at = v->at - n };
    struct cursor c;
    if (!view_some(&back, 0, n + LOOK, &c) || cur_left(&c) < n + 8) {
        return false;
    }
    memcpy(before + sizeof before - n, c.p, n);
    struct bytes here = { c.p + n, cur_left(&c) - n };
    bool mov = n >= 2 && (before[4] == 0x48 || before[4] == 0x49) && before[5] >= 0xb8
               && before[5] <= 0xbf && shell_path(here);
    bool push = n == 6 && memcmp(before, "\x68//sh\x68", 6) == 0;
    return (mov && found(e, ARCH_X86_64, (struct bytes){ here.p - 2, here.n + 2 }, true))
           || (push && found(e, ARCH_X86, (struct bytes){ here.p - 6, here.n + 6 }, true));
}

bool shellcode_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    if (!view_some(v, 0, LOOK, &c) || cur_left(&c) < 20) {
        return false;
    }
    struct bytes b = { c.p, cur_left(&c) };
    if (b.p[0] == '/') {
        return shell_confirm(v, e);
    }
    return (stager64(b) && found(e, ARCH_X86_64, b, false))
           || (stager32(b) && found(e, ARCH_X86, b, false));
}
