/* alloc.c - one allocation of a run fails: the linker leads the calls of everything that is
 * linked in here (-Wl,--wrap), so that memory of the C library's own and of shared libraries is
 * not touched. */
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

static atomic_ullong counted, fails_at; /* fails_at 0: none does */
static atomic_bool counting, failed;

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

/* First as it is; then with one of the allocations that were counted failing: which one is the
 * input's choice, or with EVERY in the environment each of them in turn. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(data, size, 0);
    uint64_t all = counted, one = all > 0 ? 1 + fuzz_hash(0, data, size) % all : 0;
    bool every = getenv("EVERY") != NULL;
    for (uint64_t at = every ? 1 : one; at > 0 && at <= (every ? all : one); at++) {
        run(data, size, at);
    }
    return 0;
}
