/* pattern.c - regular expressions on hostile text, by PCRE2.
 *
 * Patterns match bytes: text of files need not be UTF-8.  Limits on steps and backtracking bound
 * the time; a search that runs into one counts as a match, so that undecidable text is reported.
 * patterns_warm() compiles machine code before the sandbox forbids it. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "tables.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_MATCH_STEPS = 1000000, /* about 10 ms */
    MAX_MATCH_HEAP_KIB = 16384,
    MAX_BACKTRACKS = 100000
};

struct patterns {
    const struct rule_tables *tables;
    pthread_mutex_t lock; /* held while they are compiled */
    bool warm; /* they are compiled, as far as memory allowed */
    pcre2_code **codes; /* by index; NULL without memory */
    pcre2_match_context *limits;
};

static pcre2_code *compile(struct bytes pattern, int *code, PCRE2_SIZE *at)
{
    return pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
                         PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, code, at, NULL);
}

bool pattern_check(const char *pattern, char *buf, size_t size)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *re = compile(bytes_of(pattern), &code, &at);
    if (re != NULL) {
        pcre2_code_free(re);
        return true;
    }

    PCRE2_UCHAR words[160] = { 0 };
    (void)pcre2_get_error_message(code, words, sizeof words); /* a longer text is truncated */
    (void)snprintf(buf, size, "%s at character %zu", (const char *)words, (size_t)at);
    return false;
}

struct patterns *patterns_new(const struct rule_tables *t)
{
    struct patterns *p = calloc(1, sizeof *p);
    if (p == NULL || pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        return NULL;
    }
    p->tables = t;
    return p;
}

void patterns_free(struct patterns *p)
{
    if (p == NULL) {
        return;
    }

    for (size_t i = 0; p->codes != NULL && i < p->tables->num_patterns; i++) {
        pcre2_code_free(p->codes[i]);
    }

    free(p->codes);
    pcre2_match_context_free(p->limits);
    (void)pthread_mutex_destroy(&p->lock); /* cannot fail: no thread holds it */
    free(p);
}

static void compile_all(struct patterns *p)
{
    const struct rule_tables *t = p->tables;
    p->limits = pcre2_match_context_create(NULL);
    p->codes = calloc(t->num_patterns + 1, sizeof *p->codes);
    if (p->limits == NULL || p->codes == NULL) {
        return;
    }

    (void)pcre2_set_match_limit(p->limits, MAX_MATCH_STEPS); /* these three always return 0 */
    (void)pcre2_set_depth_limit(p->limits, MAX_BACKTRACKS);
    (void)pcre2_set_heap_limit(p->limits, MAX_MATCH_HEAP_KIB);
    for (size_t i = 0; i < t->num_patterns; i++) {
        int code;
        PCRE2_SIZE at;
        p->codes[i] = compile(pool_bytes(t, t->patterns[i]), &code, &at);
        if (p->codes[i] != NULL) {
            /* without JIT the pattern is interpreted */
            (void)pcre2_jit_compile(p->codes[i], PCRE2_JIT_COMPLETE);
        }
    }
}

void patterns_warm(struct patterns *p)
{
    if (p == NULL || __atomic_load_n(&p->warm, __ATOMIC_ACQUIRE)) {
        return;
    }

    (void)pthread_mutex_lock(&p->lock); /* cannot fail: a default mutex, not held by this thread */
    if (!p->warm) {
        compile_all(p);
        __atomic_store_n(&p->warm, true, __ATOMIC_RELEASE);
    }

    (void)pthread_mutex_unlock(&p->lock);
}

bool patterns_match(struct patterns *p, size_t i, struct bytes text)
{
    patterns_warm(p);
    bool is_compiled = p != NULL && p->limits != NULL && p->codes != NULL;
    if (!is_compiled || p->codes[i] == NULL) {
        return true; /* out of memory: undecided */
    }

    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (data == NULL) {
        return true;
    }

    int rc = pcre2_match(p->codes[i], (PCRE2_SPTR)text.p, text.n, 0, 0, data, p->limits);
    pcre2_match_data_free(data);
    return rc != PCRE2_ERROR_NOMATCH;
}
