/* fuzz.h - the shared declarations of the fuzz targets.  A target is one file with fuzz_one(),
 * which is run twice on each input (alloc.c): without a fault, and with one allocation failing.
 * clang links it with libFuzzer, gcc with replay.c, which runs it on files. */
#ifndef MA_FUZZ_H
#define MA_FUZZ_H
#include "../../parsers/base/parser.h"

/* LLVMFuzzerTestOneInput() is the entry that libFuzzer and replay.c call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_one() is the target: it aborts if an oracle does not hold. */
void fuzz_one(const uint8_t *data, size_t size);

/* fuzz_failed() returns whether an allocation has failed in this run. */
bool fuzz_failed(void);

/* fuzz_malloc() allocates for the targets themselves: it does not fail and is not counted. */
void *fuzz_malloc(size_t n);

/* MUST() prints the condition that does not hold and aborts, which libFuzzer reports as a crash. */
#define MUST(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* fuzz_budget() sets the defaults of limits.def, some of them lower, for thousands of runs a
 * second. */
void fuzz_budget(struct budget *b);

/* fuzz_hash() returns h continued over n bytes; 0 is the start. */
uint64_t fuzz_hash(uint64_t h, const void *p, size_t n);

/* fuzz_file() writes the bytes to a file of this process ("a/b" makes the folder a).  Returns its
 * path, which is valid until the next call. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t size);

#endif
