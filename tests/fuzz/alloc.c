/* alloc.c - makes one allocation of a run fail.  The linker (-Wl,--wrap) redirects the calls of all
 * objects that are linked in; allocations of shared libraries do not fail. */
#include "fuzz.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t each);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t each);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static atomic_ullong counted; /* allocations of this run */
static atomic_ullong fails_at; /* number of the one that fails; 0: none */
static atomic_bool counting;
static atomic_bool failed;

static bool fails(void)
{
    if (!counting || ++counted != fails_at) {
        return false;
    }
    failed = true;
    return true;
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t each) { return fails() ? NULL : __real_calloc(n, each); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
char *__wrap_strdup(const char *s) { return fails() ? NULL : __real_strdup(s); }
char *__wrap_strndup(const char *s, size_t n) { return fails() ? NULL : __real_strndup(s, n); }

bool fuzz_failed(void) { return failed; }

void *fuzz_malloc(size_t n)
{
    void *p = __real_malloc(n > 0 ? n : 1);
    MUST(p != NULL);
    return p;
}

static void run(const uint8_t *data, size_t size, uint64_t at)
{
    counted = 0;
    fails_at = at;
    failed = false;
    counting = true;
    fuzz_one(data, size);
    counting = false;
    failed = false;
}

/* Runs an input without a fault, then with one of the counted allocations failing: the input
 * selects which one, or with EVERY in the environment each of them in turn. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(data, size, 0);
    uint64_t all = counted;
    if (all == 0) {
        return 0;
    }
    if (getenv("EVERY") == NULL) {
        run(data, size, 1 + fuzz_hash(0, data, size) % all);
        return 0;
    }

    for (uint64_t at = 1; at <= all; at++) {
        run(data, size, at);
    }

    return 0;
}
