/* fuzz.h - what every target shares: libFuzzer's entry, and an oracle that ends the program.
 *
 * A target is one file with fuzz_one(), which is run twice on each input (alloc.c): as it is,
 * and with one allocation failing. clang links it with libFuzzer; gcc links it with replay.c,
 * which hands it files. */
#ifndef MA_FUZZ_H
#define MA_FUZZ_H
#include "../../parsers/base/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void fuzz_one(const uint8_t *data, size_t size);
/* Has an allocation failed in this run? */
bool fuzz_failed(void);
/* For the targets themselves: never fails, never counts. */
void *fuzz_malloc(size_t n);

/* Says what does not hold, and aborts: to libFuzzer that is a crash. */
#define MUST(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

/* Defaults of limits.def, but small enough for thousands of runs a second. */
void fuzz_budget(struct budget *b);
/* Continues h over b. */
uint64_t fuzz_hash(uint64_t h, const void *p, size_t n);
/* Writes the bytes to a file of this process ("a/b" makes the folder a), and says its path until
 * the next call. */
const char *fuzz_file(const char *name, const uint8_t *data, size_t size);
#endif
