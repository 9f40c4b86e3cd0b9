/* executable.c - calls the file of a hit's kind, and describes hits that were confirmed. */
#include "executable.h"

#include <stdio.h>
#include <string.h>

enum {
    LOOK_STRINGS = 65536, /* bytes; imports of small payloads are in them, more costs too much */
    LOOK_OVERLAP = 32, /* bytes that two buffers share; no string of interest is longer */
    LOOK_CODE = 256, /* bytes at the entry that are decoded */
    MAX_INSTRUCTIONS = 32
};

/* Strings that show what an executable connects to and starts. */
static const char *const strings_of_interest[] = { "/bin/sh",
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

#define NUM_STRINGS (sizeof strings_of_interest / sizeof strings_of_interest[0])

static bool has(struct bytes all, struct bytes word)
{
    return memmem(all.p, all.n, word.p, word.n) != NULL;
}

/* The strings that were found, one bit each, and the bytes of e->strings that they fill. */
struct found {
    uint32_t seen;
    size_t used;
};
_Static_assert(NUM_STRINGS <= 32, "one bit of found.seen each");

static void find_strings_in(struct bytes b, struct found *f, struct exec *e)
{
    for (size_t i = 0; i < NUM_STRINGS; i++) {
        struct bytes word = bytes_of(strings_of_interest[i]);
        bool fits = f->used + word.n + 3 < sizeof e->strings;
        if ((f->seen >> i & 1) == 0 && fits && has(b, word)) {
            f->seen |= 1u << i;
            f->used += (size_t)snprintf(e->strings + f->used, sizeof e->strings - f->used, "%s%s",
                                        f->used > 0 ? ", " : "", strings_of_interest[i]);
        }
    }
}

static void find_strings(struct view *v, struct exec *e)
{
    uint64_t size = e->size.set && e->size.v < LOOK_STRINGS ? e->size.v : LOOK_STRINGS;
    struct found f = { 0 };
    for (uint64_t off = 0; off < size; off += sizeof v->buf - LOOK_OVERLAP) {
        struct cursor c;
        size_t n = size - off < sizeof v->buf ? (size_t)(size - off) : sizeof v->buf;
        if (!view_some(v, off, n, &c) || cur_left(&c) == 0) {
            return;
        }
        find_strings_in((struct bytes){ c.p, c.n }, &f, e);
    }
}

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
    case NUM_MAGICS: break; /* pickles and texts are walked by embedded_pickle.c */
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

    uint64_t behind = e->size.v - e->entry.v; /* bytes behind the program are not its code */
    size_t n = behind < LOOK_CODE ? (size_t)behind : LOOK_CODE;
    if (view_some(&v, e->entry.v, n, &c)) {
        struct bytes code = { c.p, c.n };
        e->instructions = num_of(code_count(e->arch, e->big, code, 0, MAX_INSTRUCTIONS));
    }
}
