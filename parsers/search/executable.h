/* executable.h - is what a hit points at really one?  By structure first, then by its code.
 *
 * Each kind has its own file; all read through a `view`, never trusting a number
 * before it was held against what is left.  Nothing here judges. */
#ifndef MA_SEARCH_EXECUTABLE_H
#define MA_SEARCH_EXECUTABLE_H
#include "../base/budget.h"
#include "../base/sink.h"
#include "../base/source.h"
#include "prefilter.h"
#include "view.h"

/* those that code.c decodes */
enum arch { ARCH_NONE, ARCH_X86, ARCH_X86_64, ARCH_ARM, ARCH_AARCH64 };

#define EXEC_STRINGS 256u /* bytes of strings that matter */

struct exec {
    const char *kind; /* elf, pe, mach-o, script, ...; static text */
    char machine[32]; /* x86-64; for a script its interpreter */
    struct num size, entry; /* bytes from its start, as far as headers tell */
    struct num instructions; /* decoded at the entry */
    enum arch arch;
    bool big; /* code is big-endian */
    char strings[EXEC_STRINGS]; /* names that matter, ", " between; printable */
    /* An object that can be read on its own (archives, texts that decode); len 0: none. */
    struct range inner;
    enum codec codec;
    bool inner_guess;
};
/* at, m: from a hit.  False: not one.  b pays for what decompressors take. */
bool exec_confirm(struct source *src, struct hit h, struct budget *b, struct exec *out);
/* Adds strings that matter and the instructions at the entry; slow, so not for
 * every one of thousands. */
void exec_describe(struct source *src, struct hit h, struct exec *e);

/* --- for the files of the kinds ---------------------------------------------- */

bool elf_confirm(struct view *v, struct exec *e);
bool pe_confirm(struct view *v, struct exec *e);
bool macho_confirm(struct view *v, struct exec *e);
bool cafe_confirm(struct view *v, struct exec *e); /* fat Mach-O or Java class */
bool script_confirm(struct view *v, struct exec *e);
bool wasm_confirm(struct view *v, struct exec *e);
bool dex_confirm(struct view *v, struct exec *e);
bool lnk_confirm(struct view *v, struct exec *e);
bool pdf_confirm(struct view *v, struct exec *e);
bool shellcode_confirm(struct view *v, struct exec *e);
bool archive_confirm(struct view *v, enum magic m, struct budget *b, struct exec *e);

/* Is the text after "#!" a plausible interpreter?  *line: bytes up to and with the line end. */
bool script_line(struct bytes b, size_t *line, char machine[32]);
/* code.c, the only file that knows Capstone: instructions decoded in a row, at most max. */
unsigned code_count(enum arch arch, bool big, struct bytes code, uint64_t address, unsigned max);
/* The same for x86 from the first byte on; to_call: up to a system call, and 0 where none is
 * reached. *used: bytes of them. */
unsigned code_run(enum arch arch, struct bytes code, bool to_call, unsigned max, size_t *used);
#endif
