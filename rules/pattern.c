/* pattern.c - regular expressions over hostile text, with PCRE2.
 *
 * Bytes, not characters: file text need not be UTF-8.  Match and depth limits
 * bound the time; a search that runs into one counts as a match, since what an
 * attacker made undecidable must not pass.  JIT code is made before the
 * sandbox closes: see patterns_warm. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "model.h"

enum { MAX_MATCH_STEPS = 1000000, MAX_MATCH_HEAP_KIB = 16384, MAX_BACKTRACKS = 100000 };

struct patterns {
    const struct model *model;
    pthread_mutex_t lock;
    bool warm;
    pcre2_code **codes;
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
    if (re) {
        pcre2_code_free(re);
        return true;
    }
    PCRE2_UCHAR words[160] = { 0 };
    (void)pcre2_get_error_message(code, words, sizeof words); /* cut when too long: a message */
    (void)snprintf(buf, size, "%s at character %zu", (const char *)words, (size_t)at);
    return false;
}

struct patterns *patterns_new(const struct model *m)
{
    struct patterns *p = calloc(1, sizeof *p);
    if (!p || pthread_mutex_init(&p->lock, NULL) != 0) {
        free(p);
        return NULL;
    }
    p->model = m;
    return p;
}

void patterns_free(struct patterns *p)
{
    if (!p) {
        return;
    }
    for (size_t i = 0; p->codes && i < p->model->num_patterns; i++) {
        pcre2_code_free(p->codes[i]);
    }
    free(p->codes);
    pcre2_match_context_free(p->limits);
    (void)pthread_mutex_destroy(&p->lock); /* nobody can hold it any more */
    free(p);
}

static void compile_all(struct patterns *p)
{
    const struct model *m = p->model;
    p->limits = pcre2_match_context_create(NULL);
    p->codes = calloc(m->num_patterns + 1, sizeof *p->codes);
    if (!p->limits || !p->codes) {
        return;
    }
    (void)pcre2_set_match_limit(p->limits, MAX_MATCH_STEPS); /* these three return 0 always */
    (void)pcre2_set_depth_limit(p->limits, MAX_BACKTRACKS);
    (void)pcre2_set_heap_limit(p->limits, MAX_MATCH_HEAP_KIB);
    for (size_t i = 0; i < m->num_patterns; i++) {
        int code;
        PCRE2_SIZE at;
        p->codes[i] = compile(model_text(m, m->patterns[i]), &code, &at);
        if (p->codes[i]) {
            (void)pcre2_jit_compile(p->codes[i], PCRE2_JIT_COMPLETE); /* no JIT here: interpreted */
        }
    }
}

void patterns_warm(struct patterns *p)
{
    if (!p || __atomic_load_n(&p->warm, __ATOMIC_ACQUIRE)) {
        return;
    }
    (void)pthread_mutex_lock(&p->lock); /* a default mutex, not held by this thread */
    if (!p->warm) {
        compile_all(p);
        __atomic_store_n(&p->warm, true, __ATOMIC_RELEASE);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

bool patterns_match(struct patterns *p, size_t i, struct bytes text)
{
    patterns_warm(p);
    if (!p || !p->limits || !p->codes || !p->codes[i]) {
        return true; /* out of memory: undecided */
    }
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data) {
        return true;
    }
    int rc = pcre2_match(p->codes[i], (PCRE2_SPTR)text.p, text.n, 0, 0, data, p->limits);
    pcre2_match_data_free(data);
    return rc != PCRE2_ERROR_NOMATCH;
}
