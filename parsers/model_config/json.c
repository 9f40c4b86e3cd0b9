/* json.c - the JSON beside a model that loaders read: config.json, tokenizer_config.json,
 * *.index.json.  "auto_map": {"AutoModel": "module.Class" | "repo--module.Class"}   transformers
 * imports the code "custom_pipelines", "custom_code", "custom_generate"               the same, for
 * other loaders "chat_template": "..." | [{"name": ..., "template": "..."}]        Jinja, which
 * loaders render "weight_map": {TENSOR: SHARD}                                      files in the
 * same folder {"module": M, "class_name": C, "config": ...}                      Keras 3 imports
 * class C of M  Recognised by its keys, whatever its name. */
#include "../base/parser.h"
#include "../codec/json.h"
#include "../codec/name_set.h"
#include "../codec/path_check.h"

#include <string.h>

extern const struct parser sidefile_parser;

#define KEY_SHOWN 128u /* bytes of a key that are kept */
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
    char top[KEY_SHOWN]; /* the current key of the top level, num_top bytes */
    size_t num_top;
    char key[KEY_SHOWN]; /* the innermost key, num_key bytes */
    size_t num_key;
    enum part part; /* by the key of the top level */
    uint64_t last_shard; /* hash of the last shard that was reported */
    bool rejected; /* the text is not JSON; an anomaly says why */
    bool has_class; /* a "class_name" was met, so the file configures Keras objects */
    struct range foreign; /* the first "module" that is not part of Keras; len 0: none */
};

/* --- bid ----------------------------------------------------------------------------------- */

static bool has_mark(struct bytes text)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (memmem(text.p, text.n, marks[i], strlen(marks[i])) != NULL) {
            return true;
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

static bool emit_text(struct side *s, const struct json_token *t)
{
    struct fact f = { .kind = FACT_STRING, .at = t->at };
    bool template = s->part == PART_TEMPLATE && !key_is(s, "name");
    f.string.role = template ? BYTES("chat-template") : BYTES("config");
    f.string.key = key_of(s);
    f.string.text = t->text;
    f.string.length = num_of(t->length);
    if (!emit(s->o->sink, &f)) {
        return false;
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

static bool read_key(struct side *s, const struct json_token *t)
{
    s->num_key = copy_key(s->key, t->text);
    if (s->json.depth != 1) {
        return true;
    }
    s->num_top = copy_key(s->top, t->text);
    s->part = part_of(t->text);
    return name_set_add(&s->keys, s->o->budget, t->hash, t->at.off);
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

static enum parse_end parse(struct object *o)
{
    struct side s = { .o = o };
    struct stream *in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    bool ok = false;
    if (in != NULL) {
        ok = emit_format(o->sink, "model-config")
             && json_init(&s.json, in, o->budget, (size_t)o->budget->max[LIMIT_string_bytes]);
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
