/* executable.c - hands a hit to the file of its kind, and describes what was confirmed. */
#include "executable.h"

#include <stdio.h>
#include <string.h>

/* What tells a reader more than "an executable": what it talks to and starts. */
static const char *const telling[] = { "/bin/sh",
                                       "/bin/bash",
                                       "/dev/tcp/",
                                       "/etc/passwd",
                                       "execve",
                                       "system",
                                       "popen",
                                       "dlopen",
                                       "mprotect",
                                       "ptrace",
                                       "socket",
                                       "connect",
                                       "http://",
                                       "https://",
                                       "curl ",
                                       "wget ",
                                       "chmod ",
                                       "crontab",
                                       "LD_PRELOAD",
                                       "VirtualAlloc",
                                       "VirtualProtect",
                                       "WinExec",
                                       "ShellExecute",
                                       "CreateProcess",
                                       "CreateRemoteThread",
                                       "LoadLibrary",
                                       "URLDownloadToFile",
                                       "WSAStartup",
                                       "powershell",
                                       "cmd.exe" };

static bool has(struct bytes all, struct bytes word)
{
    return memmem(all.p, all.n, word.p, word.n) != NULL;
}

/* The first 64 KiB are where imports of small payloads are; more would cost more than the hash. */
static void find_strings(struct view *v, struct exec *e)
{
    uint64_t size = e->size.set && e->size.v < 65536 ? e->size.v : 65536;
    size_t used = 0;
    uint32_t seen = 0;
    /* 32: words across two buffers */
    for (uint64_t off = 0; off < size; off += sizeof v->buf - 32) {
        struct cursor c;
        size_t n = size - off < sizeof v->buf ? (size_t)(size - off) : sizeof v->buf;
        if (!view_some(v, off, n, &c) || cur_left(&c) == 0) {
            return;
        }
        for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
            struct bytes word = bytes_of(telling[i]);
            if ((seen >> i & 1) == 0 && used + word.n + 3 < sizeof e->strings
                && has((struct bytes){ c.p, c.n }, word)) {
                seen |= 1u << i;
                used += (size_t)snprintf(e->strings + used, sizeof e->strings - used, "%s%s",
                                         used > 0 ? ", " : "", telling[i]);
            }
        }
    }
}
_Static_assert(sizeof telling / sizeof telling[0] <= 32, "a bit each");

static bool confirm(struct view *v, enum magic m, struct budget *b, struct exec *e)
{
    switch (m) {
    case MAGIC_ELF: return elf_confirm(v, e);
    case MAGIC_MZ: return pe_confirm(v, e);
    case MAGIC_MACHO: return macho_confirm(v, e);
    case MAGIC_CAFE: return cafe_confirm(v, e);
    case MAGIC_SCRIPT: return script_confirm(v, e);
    case MAGIC_WASM: return wasm_confirm(v, e);
    case MAGIC_DEX: return dex_confirm(v, e);
    case MAGIC_LNK: return lnk_confirm(v, e);
    case MAGIC_PDF: return pdf_confirm(v, e);
    case MAGIC_SHELLCODE: return shellcode_confirm(v, e);
    case MAGIC_ZIP_END:
    case MAGIC_ZIP_LOCAL:
    case MAGIC_SEVENZIP:
    case MAGIC_RAR:
    case MAGIC_CAB:
    case MAGIC_GZIP:
    case MAGIC_BZIP2:
    case MAGIC_XZ:
    case MAGIC_ZSTD: return archive_confirm(v, m, b, e);
    case MAGIC_PICKLE:
    case MAGIC_BASE64:
    case MAGIC_HEX:
    case NUM_MAGICS: break; /* embedded_pickle.h */
    }
    return false;
}

bool exec_confirm(struct source *src, struct hit h, struct budget *b, struct exec *out)
{
    struct view v = { .src = src, .at = h.at };
    *out = (struct exec){ .kind = "" };
    return h.at < src->size && confirm(&v, h.magic, b, out);
}

void exec_describe(struct source *src, struct hit h, struct exec *e)
{
    struct view v = { .src = src, .at = h.at };
    struct cursor c;
    if (e->inner.len == 0) {
        find_strings(&v, e);
    }
    if (e->arch == ARCH_NONE || !e->entry.set || e->entry.v >= e->size.v) {
        return;
    }
    uint64_t behind = e->size.v - e->entry.v; /* what follows the program is not its code */
    if (view_some(&v, e->entry.v, behind < 256 ? (size_t)behind : 256, &c)) {
        e->instructions = num_of(code_count(e->arch, e->big, (struct bytes){ c.p, c.n }, 0, 32));
    }
}
