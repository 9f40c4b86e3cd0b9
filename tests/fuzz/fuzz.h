/* fuzz.h - what every target shares: libFuzzer's entry, and an oracle that ends the program.
 *
 * A target is one file with LLVMFuzzerTestOneInput().  clang links it with libFuzzer;
 * gcc links it with replay.c, which hands it files. */
#ifndef MA_FUZZ_H
#define MA_FUZZ_H
#include "../../parsers/base/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and aborts: to libFuzzer that is a crash. */
#define MUST(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* Defaults of limits.def, but small enough for thousands of runs a second. */
void fuzz_budget(struct budget *b);
/* Continues h over b. */
uint64_t fuzz_hash(uint64_t h, const void *p, size_t n);
/* Writes the bytes to a file of this process ("a/b" makes the folder a), and says its path until the next call. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t size);
#endif
