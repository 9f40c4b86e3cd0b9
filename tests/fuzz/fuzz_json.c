/* fuzz_json.c - the JSON tokenizer, and the reader that is built on it.
 *
 * Oracles: tokens nest; a text that the reader accepts is one that the tokenizer accepts; a printed
 * text, read and printed again, is the same. */
#include "../../parsers/codec/json.h"
#include "../../scanner/report/jsonw.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The tokens of a text so far. */
struct seen {
    enum json_kind last;
    uint64_t hash; /* of kinds and texts */
    size_t depth; /* levels that are open */
};

static void check_token(struct seen *s, const struct json_token *t, uint64_t size)
{
    MUST(t->at.off <= size && t->at.len <= size - t->at.off);
    MUST(t->text.n <= t->length || t->kind == JSON_NUMBER);
    s->hash = fuzz_hash(s->hash, &t->kind, sizeof t->kind);
    if (t->text.n > 0) {
        s->hash = fuzz_hash(s->hash, t->text.p, t->text.n);
    }

    s->depth += t->kind == JSON_OBJECT || t->kind == JSON_ARRAY;
    if (t->kind == JSON_OBJECT_END || t->kind == JSON_ARRAY_END) {
        MUST(s->depth > 0);
        s->depth--;
    }

    MUST(s->depth < JSON_LEVELS);
    s->last = t->kind;
}

static struct seen tokenize(struct bytes b, size_t text_max)
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
        check_token(&s, &t, b.n);
        ok = t.kind != JSON_BAD;
    }
    if (t.kind == JSON_END) {
        MUST(s.depth == 0);
    } else {
        MUST(in.why != NULL || fuzz_failed());
    }

    MUST(!in.stopped || budget.exceeded != NUM_LIMITS || budget.out_of_memory);
    json_done(&in);
    free(stream);
    return s;
}

static void check_print(const struct json *j, bool compact)
{
    const char *why = NULL;
    char *text = json_print(j, compact);
    if (text == NULL) {
        return;
    }

    struct json *again = json_parse(bytes_of(text), &why);
    char *second = json_print(again, compact);
    MUST(fuzz_failed() || (second != NULL && strcmp(text, second) == 0));
    free(second);
    free(text);
    json_free(again);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct bytes b = { data, size };
    const char *why = NULL;
    struct seen all = tokenize(b, 1 << 16);
    struct seen some = tokenize(b, 3);
    MUST(all.last == some.last || fuzz_failed());
    struct json *j = json_parse(b, &why);
    MUST((j == NULL) == (why != NULL));
    if (j != NULL) {
        MUST(all.last == JSON_END || fuzz_failed());
        check_print(j, size % 2 == 0);
    }

    json_free(j);
}
