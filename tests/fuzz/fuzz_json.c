/* fuzz_json.c - the tokenizer over a slow stream, and the reader that is built on it.
 *
 * Oracles: tokens nest; what the reader takes the tokenizer took to its end; what is
 * printed reads as the same text again. */
#include "../../parsers/codec/json.h"
#include "../../scanner/report/jsonw.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    enum json_kind last;
    uint64_t hash;
    size_t depth;
};

static void step(struct seen *s, const struct json_token *t, uint64_t size)
{
    MUST(t->at.off <= size && t->at.len <= size - t->at.off);
    MUST(t->text.n <= t->length || t->kind == JSON_NUMBER);
    s->hash = fuzz_hash(s->hash, &t->kind, sizeof t->kind);
    s->hash = t->text.n > 0 ? fuzz_hash(s->hash, t->text.p, t->text.n) : s->hash;
    s->depth += t->kind == JSON_OBJECT || t->kind == JSON_ARRAY;
    if (t->kind == JSON_OBJECT_END || t->kind == JSON_ARRAY_END) {
        MUST(s->depth > 0);
        s->depth--;
    }
    MUST(s->depth < JSON_LEVELS);
    s->last = t->kind;
}

static struct seen tokens(struct bytes b, size_t text_max)
{
    struct source src;
    struct budget budget;
    struct json_in in;
    struct json_token t = { .kind = JSON_BAD };
    struct seen s = { .last = JSON_NULL };
    struct stream *stream = fuzz_malloc(sizeof *stream);
    fuzz_budget(&budget);
    source_mem(&src, b);
    stream_init(stream, &src, (struct range){ 0, b.n });
    bool ok = json_init(&in, stream, &budget, text_max);
    MUST(ok || fuzz_failed());
    while (ok && t.kind != JSON_END) {
        json_next(&in, &t);
        step(&s, &t, b.n);
        ok = t.kind != JSON_BAD;
    }
    MUST(t.kind == JSON_END ? s.depth == 0 : in.why != NULL || fuzz_failed());
    MUST(!in.stopped || budget.exceeded != NUM_LIMITS || budget.out_of_memory);
    json_done(&in);
    free(stream);
    return s;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct bytes b = { data, size };
    const char *why = NULL;
    struct seen all = tokens(b, 1 << 16), some = tokens(b, 3);
    MUST(all.last == some.last || fuzz_failed());
    struct json *j = json_parse(b, &why);
    MUST((j == NULL) == (why != NULL));
    if (j != NULL) {
        MUST(all.last == JSON_END || fuzz_failed());
        char *text = json_print(j, size % 2 == 0);
        struct json *again = text != NULL ? json_parse(bytes_of(text), &why) : NULL;
        char *second = json_print(again, size % 2 == 0);
        MUST(text == NULL || fuzz_failed() || (second != NULL && strcmp(text, second) == 0));
        free(second);
        free(text);
        json_free(again);
    }
    json_free(j);
}
