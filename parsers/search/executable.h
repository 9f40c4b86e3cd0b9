/* executable.h - confirms hits of the search by their structure, and describes what they are.
 *
 * Each kind has its own file.  All read through a `view` and compare each number with the bytes
 * that are left.  Whether a hit is harmful is decided elsewhere. */
#ifndef MA_SEARCH_EXECUTABLE_H
#define MA_SEARCH_EXECUTABLE_H
#include "../base/budget.h"
#include "../base/sink.h"
#include "../base/source.h"
#include "prefilter.h"
#include "view.h"

/* Architectures that code.c decodes. */
enum arch { ARCH_NONE, ARCH_X86, ARCH_X86_64, ARCH_ARM, ARCH_AARCH64 };

#define EXEC_STRINGS 256u /* bytes of exec.strings */
#define EXEC_MACHINE 32u /* bytes of exec.machine */

/* A hit that was confirmed. */
struct exec {
    const char *kind; /* elf, pe, mach-o, script, ...; static text */
    char machine[EXEC_MACHINE]; /* such as x86-64; the interpreter of a script */
    struct num size; /* bytes from its start, as far as its headers say */
    struct num entry; /* offset of its first instruction from its start */
    struct num instructions; /* instructions that were decoded at the entry */
    enum arch arch;
    bool big; /* its code is big-endian */
    char strings[EXEC_STRINGS]; /* names of interest, separated by ", "; printable */
    struct range inner; /* an object to be read on its own, such as an archive; len 0: none */
    enum codec codec; /* of inner */
    bool inner_guess; /* inner may not be what it looks like */
};

/* exec_confirm() checks a hit and describes it in *out.  Returns false if the bytes only resemble
 * the kind of the hit.  Decompressors count their memory against b. */
bool exec_confirm(struct source *src, struct hit h, struct budget *b, struct exec *out);

/* exec_describe() adds strings and the instructions at the entry to *e, which exec_confirm() has
 * filled.  It is slow, so callers limit how many hits of a file they describe. */
void exec_describe(struct source *src, struct hit h, struct exec *e);

/* --- the kinds, one file each ------------------------------------------------- */

/* Each function returns false if the bytes at the hit are not of its kind, and fills *e if they
 * are. */
bool elf_confirm(struct view *v, struct exec *e);
bool pe_confirm(struct view *v, struct exec *e);
bool macho_confirm(struct view *v, struct exec *e);
bool cafe_confirm(struct view *v, struct exec *e); /* fat Mach-O, or a Java class */
bool script_confirm(struct view *v, struct exec *e);
bool wasm_confirm(struct view *v, struct exec *e);
bool dex_confirm(struct view *v, struct exec *e);
bool lnk_confirm(struct view *v, struct exec *e);
bool pdf_confirm(struct view *v, struct exec *e);
bool shellcode_confirm(struct view *v, struct exec *e);
bool archive_confirm(struct view *v, enum magic m, struct budget *b, struct exec *e);

/* script_line() reads "#!" and a known interpreter, whose name it writes into machine.  *line_bytes
 * is the length of the line with its end.  Returns false for any other line. */
bool script_line(struct bytes b, size_t *line_bytes, char machine[EXEC_MACHINE]);

/* --- code.c, the only file that uses Capstone --------------------------------- */

/* code_count() returns the number of instructions that decode without a gap, at most max. */
unsigned code_count(enum arch arch, bool big, struct bytes code, uint64_t address, unsigned max);

/* code_run() does the same for x86 and sets *used to the bytes of these instructions.  With to_call
 * it stops behind the first system call, and returns 0 if it meets none. */
unsigned code_run(enum arch arch, struct bytes code, bool to_call, unsigned max, size_t *used);

#endif
