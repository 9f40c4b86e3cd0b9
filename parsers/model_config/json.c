/* json.c - the JSON beside a model that loaders read: config.json, tokenizer_config.json,
 * *.index.json.
 *
 *   "auto_map": {"AutoModel": "module.Class" | "repo--module.Class"}     code that transformers imports
 *   "custom_pipelines", "_custom_..."                                    the same, elsewhere
 *   "chat_template": "..." | [{"name": ..., "template": "..."}]          Jinja, rendered by the loader
 *   "weight_map": {TENSOR: SHARD}                                        files beside this one
 *   {"module": M, "class_name": C, "config": ..., "registered_name": R}  Keras 3 imports M and makes a C of it
 *
 * Known by its keys, not by its name. */
#include "../base/parser.h"
#include "../codec/json.h"
#include "../codec/name_set.h"
#include "../codec/path_check.h"

#include <string.h>

extern const struct parser sidefile_parser;

#define KEY_CAP 128u
enum part { PART_OTHER, PART_AUTO_MAP, PART_CODE, PART_TEMPLATE, PART_WEIGHT_MAP };
static const struct {
    const char *key;
    enum part part;
} parts[] = { { "auto_map", PART_AUTO_MAP },      { "custom_pipelines", PART_CODE },
              { "custom_code", PART_CODE },       { "custom_generate", PART_CODE },
              { "chat_template", PART_TEMPLATE }, { "weight_map", PART_WEIGHT_MAP } };
/* What tells such a file from any other JSON: quoted, as keys stand in the text. */
static const char *const marks[] = {
    "\"architectures\"",        "\"model_type\"",      "\"auto_map\"",         "\"weight_map\"",
    "\"chat_template\"",        "\"tokenizer_class\"", "\"custom_pipelines\"", "\"_class_name\"",
    "\"transformers_version\"", "\"processor_class\"", "\"registered_name\"",  "\"keras_version\"",
    "\"build_config\""
};

struct side {
    struct object *o;
    struct json_in json;
    struct name_set keys; /* of the top level */
    char top[KEY_CAP];
    size_t num_top; /* key of the top level at hand */
    char key[KEY_CAP];
    size_t num_key; /* innermost key */
    enum part part;
    uint64_t last_shard; /* hash of the shard reported last */
    bool rejected;
    bool has_class; /* a "class_name" somewhere: Keras's way to name what it makes */
    struct range foreign; /* the first "module" that is not Keras's own; len 0: none */
};

/* --- bid ----------------------------------------------------------------------------------- */

static bool marked(struct bytes text)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (memmem(text.p, text.n, marks[i], strlen(marks[i])) != NULL) {
            return true;
        }
    }
    return false;
}

static int bid(const struct glimpse *g)
{
    size_t i = 0;
    while (i < g->head.n
           && (g->head.p[i] == ' ' || g->head.p[i] == '\n' || g->head.p[i] == '\r'
               || g->head.p[i] == '\t')) {
        i++;
    }
    return i < g->head.n && g->head.p[i] == '{' && (marked(g->head) || marked(g->tail)) ? 60 : 0;
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

static bool emit_text(struct side *s, const struct json_token *t)
{
    struct fact f = { .kind = FACT_STRING, .at = t->at };
    bool template =
        s->part == PART_TEMPLATE && !(s->num_key == 4 && memcmp(s->key, "name", 4) == 0);
    f.string.role = template ? BYTES("chat-template") : BYTES("config");
    f.string.key = (struct bytes){ (const uint8_t *)s->key, s->num_key };
    f.string.text = t->text;
    f.string.length = num_of(t->length);
    return emit(s->o->sink, &f)
           && (t->length <= t->text.n
               || note(s, t->at, "sidefile-long-string",
                       "a string that is longer than what rules get to see"));
}

/* "module.Class" in this repository, or "repo--module.Class" in another one. */
static bool emit_code(struct side *s, const struct json_token *t)
{
    struct fact f = { .kind = FACT_META, .at = t->at };
    bool remote = memmem(t->text.p, t->text.n, "--", 2) != NULL;
    f.meta.key = (struct bytes){ (const uint8_t *)s->top, s->num_top };
    f.meta.value = t->text;
    return emit(s->o->sink, &f)
           && note(s, t->at, remote ? "sidefile-remote-code" : "sidefile-custom-code",
                   remote ? "the loader fetches and imports code from another repository"
                          : "the loader imports code from this folder");
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
    f.external.key = (struct bytes){ (const uint8_t *)s->key, s->num_key };
    return emit(s->o->sink, &f) && (why == NULL || note(s, t->at, "extern-escape", why));
}

static bool key_is(const struct side *s, const char *key)
{
    return bytes_eq((struct bytes){ (const uint8_t *)s->key, s->num_key }, bytes_of(key));
}

/* keras/src/saving/serialization_lib.py: deserialize_keras_object imports "module" and takes
 * "class_name" from it. */
static bool keras_value(struct side *s, const struct json_token *t)
{
    struct bytes v = t->text;
    if (key_is(s, "class_name")
        && (bytes_eq(v, BYTES("Lambda")) || bytes_eq(v, BYTES("__lambda__")))) {
        return note(s, t->at, "keras-lambda", "a layer holds the bytecode of a Python function");
    }
    bool own = bytes_eq(v, BYTES("keras")) || bytes_start(v, BYTES("keras."))
               || bytes_start(v, BYTES("keras_")) || bytes_start(v, BYTES("tf_keras."))
               || bytes_start(v, BYTES("tensorflow.keras."))
               || bytes_start(v, BYTES("tensorflow.python.keras."));
    s->has_class |= key_is(s, "class_name");
    if (key_is(s, "module") && !own && s->foreign.len == 0) {
        s->foreign = t->at;
    }
    return true;
}

static bool string_value(struct side *s, const struct json_token *t)
{
    if (!keras_value(s, t)) {
        return false;
    }
    switch (s->part) {
    case PART_AUTO_MAP:
    case PART_CODE: return emit_code(s, t) && emit_text(s, t);
    case PART_WEIGHT_MAP: return s->json.depth == 2 ? emit_shard(s, t) : emit_text(s, t);
    default: return emit_text(s, t);
    }
}

static size_t keep(char *to, struct bytes text)
{
    size_t n = text.n < KEY_CAP ? text.n : KEY_CAP;
    if (n > 0) {
        memcpy(to, text.p, n);
    }
    return n;
}

static bool take_key(struct side *s, const struct json_token *t)
{
    s->num_key = keep(s->key, t->text);
    if (s->json.depth != 1) {
        return true;
    }
    s->num_top = keep(s->top, t->text);
    s->part = PART_OTHER;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (bytes_eq(t->text, bytes_of(parts[i].key))) {
            s->part = parts[i].part;
        }
    }
    return name_set_add(&s->keys, s->o->budget, t->hash, t->at.off);
}

static bool check_keys(struct side *s)
{
    if (!name_set_sort(&s->keys, s->o->budget)
        || (s->has_class && s->foreign.len > 0
            && !note(s, s->foreign, "keras-foreign-module",
                     "a configuration names a module to import"))) {
        return false;
    }
    for (size_t i = 1; i < s->keys.n; i++) {
        if (s->keys.list[i].hash == s->keys.list[i - 1].hash
            && !note(s, (struct range){ s->keys.list[i].index, 0 }, "json-duplicate-key",
                     "a key that is there twice: readers differ in which one counts")) {
            return false;
        }
    }
    return true;
}

static bool walk(struct side *s)
{
    struct json_token t;
    for (;;) {
        json_next(&s->json, &t);
        bool ok = true;
        switch (t.kind) {
        case JSON_KEY: ok = take_key(s, &t); break;
        case JSON_STRING: ok = string_value(s, &t); break;
        case JSON_END: return check_keys(s);
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
        ok = ok && walk(&s);
        json_done(&s.json);
    }
    name_set_done(&s.keys, o->budget);
    stream_close(o->budget, in);
    return ok ? PARSE_WHOLE : s.rejected ? PARSE_MALFORMED : PARSE_STOPPED;
}

const struct parser sidefile_parser = {
    "model-config", bid, parse, "config.json, tokenizer_config.json, shard indexes",
    "the JSON is strict; code and templates that it names are reported"
};
