/* json.c - the JSON beside a model that loaders read: config.json, tokenizer_config.json,
 * *.index.json.
 *
 *   "auto_map": {"AutoModel": "module.Class" | "repo--module.Class"}   transformers imports it
 *   "custom_pipelines", "custom_code", "custom_generate"               the same, for other loaders
 *   "chat_template": "..." | [{"name": ..., "template": "..."}]        Jinja, which loaders render
 *   "weight_map": {TENSOR: SHARD}                                      files in the same folder
 *   {"module": M, "class_name": C, "config": ...}                      Keras 3 imports C of M
 *
 * What names code counts at any depth.  Recognised by its name, or else by its keys, as they read
 * without escapes; NaN and Infinity are numbers, as for Python. */
#include "../base/parser.h"
#include "../codec/hex.h"
#include "../codec/json.h"
#include "../codec/name_set.h"
#include "../codec/path_check.h"

#include <string.h>

extern const struct parser sidefile_parser;

#define KEY_SHOWN 128u /* bytes of a key that are kept */
#define OVERLAP 1024u /* bytes that two windows of a long text share */
#define BID_KEYS 60 /* a brace, and a key that such files have */

/* What the values below a key of the top level mean. */
enum part { PART_OTHER, PART_AUTO_MAP, PART_CODE, PART_TEMPLATE, PART_WEIGHT_MAP };

static const struct {
    const char *key;
    enum part part;
} parts[] = { { "auto_map", PART_AUTO_MAP },      { "custom_pipelines", PART_CODE },
              { "custom_code", PART_CODE },       { "custom_generate", PART_CODE },
              { "chat_template", PART_TEMPLATE }, { "weight_map", PART_WEIGHT_MAP } };

/* Keys that distinguish such a file from other JSON, with their quotes. */
static const char *const marks[] = {
    "\"architectures\"",        "\"model_type\"",      "\"auto_map\"",         "\"weight_map\"",
    "\"chat_template\"",        "\"tokenizer_class\"", "\"custom_pipelines\"", "\"_class_name\"",
    "\"transformers_version\"", "\"processor_class\"", "\"registered_name\"",  "\"keras_version\"",
    "\"build_config\""
};

struct side {
    struct object *o;
    struct json_in json;
    struct name_set keys; /* the keys of the top level */
    char top[KEY_SHOWN]; /* the key that begins the part, num_top bytes */
    size_t num_top;
    unsigned part_depth; /* levels that are open at that key */
    char key[KEY_SHOWN]; /* the innermost key, num_key bytes */
    size_t num_key;
    enum part part; /* by that key */
    uint64_t last_shard; /* hash of the last shard that was reported */
    bool rejected; /* the text is not JSON; an anomaly says why */
    bool has_class; /* a "class_name" was met, so the file configures Keras objects */
    struct range foreign; /* the first "module" that is not part of Keras; len 0: none */
};

/* --- bid ----------------------------------------------------------------------------------- */

/* The character at text[*i], where an escape is one; *i moves behind it. */
static int decoded(struct bytes text, size_t *i)
{
    struct bytes rest = bytes_sub(text, *i, 6);
    if (rest.n == 6 && bytes_start(rest, BYTES("\\u00"))) {
        int high = hex_digit(rest.p[4]);
        int low = hex_digit(rest.p[5]);
        *i += 6;
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
    return rest.n == 0 ? -1 : text.p[(*i)++];
}

static bool mark_at(struct bytes text, size_t i, const char *mark)
{
    while (*mark != 0 && decoded(text, &i) == (uint8_t)*mark) {
        mark++;
    }
    return *mark == 0;
}

static bool has_mark(struct bytes text)
{
    for (size_t at = 0; at < text.n; at++) {
        for (size_t i = 0; text.p[at] == '"' && i < sizeof marks / sizeof marks[0]; i++) {
            if (mark_at(text, at, marks[i])) {
                return true;
            }
        }
    }
    return false;
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static int bid(const struct glimpse *g)
{
    size_t i = 0;
    while (i < g->head.n && is_blank(g->head.p[i])) {
        i++;
    }
    if (i == g->head.n || g->head.p[i] != '{') {
        return 0;
    }
    return has_mark(g->head) || has_mark(g->tail) ? BID_KEYS : 0;
}

/* --- facts ---------------------------------------------------------------------------------- */

static bool note(struct side *s, struct range at, const char *slug, const char *detail)
{
    return emit_anomaly(s->o->sink, at, slug, detail);
}

static bool reject(struct side *s, struct range at, const char *detail)
{
    s->rejected = note(s, at, "sidefile-bad-json", detail);
    return false;
}

static struct bytes key_of(const struct side *s)
{
    return (struct bytes){ (const uint8_t *)s->key, s->num_key };
}

static bool key_is(const struct side *s, const char *key)
{
    return bytes_eq(key_of(s), bytes_of(key));
}

/* A template is an object of its own, too: what it reaches is found by following it. */
static bool emit_template(struct side *s, const struct json_token *t)
{
    struct inner in = { .data = t->text, .label = BYTES("chat_template"), .as = AS_TEMPLATE };
    in.at = t->at;
    return budget_fits(s->o->budget, LIMIT_template_bytes, t->length)
           && emit_inner(s->o->sink, &in);
}

/* Shows rules the text in windows, of which two neighbours share some bytes. */
static bool emit_windows(struct side *s, const struct json_token *t, struct bytes role)
{
    struct fact f = { .kind = FACT_STRING, .at = t->at };
    size_t window = (size_t)s->o->budget->max[LIMIT_string_bytes];
    size_t step = window > (size_t)2 * OVERLAP ? window - OVERLAP : window;
    f.string.role = role;
    f.string.key = key_of(s);
    f.string.length = num_of(t->length);
    for (size_t from = 0;; from += step) {
        f.string.text = bytes_sub(t->text, from, window);
        if (!emit(s->o->sink, &f)) {
            return false;
        }
        if (step == 0 || t->text.n - from <= window) {
            return true;
        }
    }
}

static bool emit_text(struct side *s, const struct json_token *t)
{
    bool template = s->part == PART_TEMPLATE && !key_is(s, "name");
    if (!emit_windows(s, t, template ? BYTES("chat-template") : BYTES("config"))) {
        return false;
    }
    if (template) {
        return emit_template(s, t);
    }

    return t->length <= t->text.n
           || note(s, t->at, "sidefile-long-string",
                   "a string that is longer than what rules get to see");
}

/* "module.Class" in this repository, or "repo--module.Class" in another one. */
static bool emit_code(struct side *s, const struct json_token *t)
{
    struct fact f = { .kind = FACT_META, .at = t->at };
    bool remote = memmem(t->text.p, t->text.n, "--", 2) != NULL;
    f.meta.key = (struct bytes){ (const uint8_t *)s->top, s->num_top };
    f.meta.value = t->text;
    if (!emit(s->o->sink, &f)) {
        return false;
    }
    if (remote) {
        return note(s, t->at, "sidefile-remote-code",
                    "the loader fetches and imports code from another repository");
    }

    return note(s, t->at, "sidefile-custom-code", "the loader imports code from this folder");
}

static bool emit_shard(struct side *s, const struct json_token *t)
{
    struct fact f = { .kind = FACT_EXTERN, .at = t->at };
    const char *why = path_leaves(t->text);
    if (t->hash == s->last_shard) {
        return true;
    }

    s->last_shard = t->hash;
    f.external.path = t->text;
    f.external.role = BYTES("shard");
    f.external.key = key_of(s);
    if (!emit(s->o->sink, &f)) {
        return false;
    }

    return why == NULL || note(s, t->at, "extern-escape", why);
}

static bool is_keras_module(struct bytes module)
{
    static const char *const prefixes[] = { "keras.", "keras_", "tf_keras.", "tensorflow.keras.",
                                            "tensorflow.python.keras." };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (bytes_start(module, bytes_of(prefixes[i]))) {
            return true;
        }
    }
    return bytes_eq(module, BYTES("keras"));
}

/* deserialize_keras_object (keras/src/saving/serialization_lib.py) imports "module" and takes
 * "class_name" from it. */
static bool check_keras(struct side *s, const struct json_token *t)
{
    bool is_class = key_is(s, "class_name");
    bool is_lambda = bytes_eq(t->text, BYTES("Lambda")) || bytes_eq(t->text, BYTES("__lambda__"));
    if (is_class && is_lambda) {
        return note(s, t->at, "keras-lambda", "a layer holds the bytecode of a Python function");
    }

    s->has_class |= is_class;
    if (s->foreign.len == 0 && key_is(s, "module") && !is_keras_module(t->text)) {
        s->foreign = t->at;
    }

    return true;
}

static bool read_string(struct side *s, const struct json_token *t)
{
    if (!check_keras(s, t)) {
        return false;
    }
    if (s->json.depth < s->part_depth) { /* behind the object that the part is in */
        s->part = PART_OTHER;
    }

    bool is_code = s->part == PART_AUTO_MAP || s->part == PART_CODE;
    if (is_code && !emit_code(s, t)) {
        return false;
    }
    if (s->part == PART_WEIGHT_MAP && s->json.depth == 2) {
        return emit_shard(s, t);
    }

    return emit_text(s, t);
}

static size_t copy_key(char *to, struct bytes text)
{
    size_t n = text.n < KEY_SHOWN ? text.n : KEY_SHOWN;
    if (n > 0) {
        memcpy(to, text.p, n);
    }
    return n;
}

static enum part part_of(struct bytes key)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (bytes_eq(key, bytes_of(parts[i].key))) {
            return parts[i].part;
        }
    }
    return PART_OTHER;
}

/* Shards are looked for at the top level; what names code counts at any depth. */
static void begin_part(struct side *s, struct bytes key)
{
    s->num_top = copy_key(s->top, key);
    s->part = part_of(key);
    s->part_depth = s->json.depth;
    if (s->part == PART_WEIGHT_MAP && s->json.depth != 1) {
        s->part = PART_OTHER;
    }
}

static bool read_key(struct side *s, const struct json_token *t)
{
    s->num_key = copy_key(s->key, t->text);
    if (s->part == PART_OTHER || s->json.depth <= s->part_depth) {
        begin_part(s, t->text);
    }

    return s->json.depth != 1 || name_set_add(&s->keys, s->o->budget, t->hash, t->at.off);
}

static bool check_duplicates(struct side *s)
{
    for (size_t i = 1; i < s->keys.n; i++) {
        const struct name *key = &s->keys.list[i];
        if (key->hash == key[-1].hash
            && !note(s, (struct range){ key->index, 0 }, "json-duplicate-key",
                     "duplicate key: readers differ in which one counts")) {
            return false;
        }
    }

    return true;
}

/* What only the whole file shows: duplicate keys, and modules that Keras would import. */
static bool finish(struct side *s)
{
    if (!name_set_sort(&s->keys, s->o->budget)) {
        return false;
    }
    if (s->has_class && s->foreign.len > 0
        && !note(s, s->foreign, "keras-foreign-module",
                 "a configuration names a module to import")) {
        return false;
    }

    return check_duplicates(s);
}

static bool read_all(struct side *s)
{
    struct json_token t;
    for (;;) {
        json_next(&s->json, &t);
        bool ok = true;
        switch (t.kind) {
        case JSON_KEY: ok = read_key(s, &t); break;
        case JSON_STRING: ok = read_string(s, &t); break;
        case JSON_END: return finish(s);
        case JSON_BAD:
            return !s->json.stopped && reject(s, (struct range){ t.at.off, 0 }, s->json.why);
        default: break;
        }

        if (!ok) {
            return false;
        }
    }
}

/* Bytes of a string that are kept: a whole template. */
static size_t text_max(const struct budget *b)
{
    uint64_t template = b->max[LIMIT_template_bytes], string = b->max[LIMIT_string_bytes];
    return (size_t)(template > string ? template : string);
}

static enum parse_end parse(struct object *o)
{
    struct side s = { .o = o };
    struct stream *in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    bool ok = false;
    if (in != NULL) {
        ok = emit_format(o->sink, "model-config")
             && json_init(&s.json, in, o->budget, text_max(o->budget));
        s.json.python = true;
        ok = ok && read_all(&s);
        json_done(&s.json);
    }

    name_set_done(&s.keys, o->budget);
    stream_close(o->budget, in);
    if (ok) {
        return PARSE_WHOLE;
    }

    return s.rejected ? PARSE_MALFORMED : PARSE_STOPPED;
}

const struct parser sidefile_parser = {
    "model-config", bid, parse, "config.json, tokenizer_config.json, shard indexes",
    "the JSON is strict; code and templates that it names are reported"
};
