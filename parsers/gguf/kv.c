/* kv.c - keys and values: numbers, strings, arrays of either. */
#include "gguf.h"

#include "../codec/string_facts.h"

#include <stdio.h>
#include <string.h>

#define KEY_SHOWN 256u /* bytes of a key that facts carry */
#define JOINED 32768u /* bytes of array strings that one fact shows, one a line */

/* Bytes of a scalar; strings and arrays have none of their own. */
static const uint8_t scalar_bytes[GGUF_NUM_TYPES] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

struct kv {
    struct gguf *g;
    char key[KEY_SHOWN];
    size_t num_key;
    struct range at; /* of the key */
};

static struct bytes key_of(const struct kv *kv)
{
    return (struct bytes){ (const uint8_t *)kv->key, kv->num_key };
}

static bool is(const struct kv *kv, const char *name)
{
    return bytes_eq(key_of(kv), bytes_of(name));
}

static bool emit_meta(struct kv *kv, struct bytes value, struct num number)
{
    struct fact f = { .kind = FACT_META, .at = kv->at };
    f.meta.key = key_of(kv);
    f.meta.value = value;
    f.meta.number = number;
    return emit(kv->g->o->sink, &f);
}

/* --- strings -------------------------------------------------------------------------- */

static bool string_facts(struct kv *kv, struct range at)
{
    bool template = bytes_start(key_of(kv), BYTES("tokenizer.chat_template"));
    return strings_emit(kv->g->o, template ? BYTES("chat-template") : BYTES("metadata"), key_of(kv),
                        at);
}

static bool string_value(struct kv *kv)
{
    struct range at;
    struct num none = { 0 };
    bool template = bytes_start(key_of(kv), BYTES("tokenizer.chat_template"));
    if (!gguf_string(kv->g, &at) || !string_facts(kv, at)) {
        return false;
    }
    if (at.len > 16777216
        && !gguf_note(kv->g, at, "gguf-long-string", "a string of more than 16 MiB", none,
                      num_of(at.len))) {
        return false;
    }
    return !template || at.len <= 262144
           || gguf_note(kv->g, at, "gguf-long-template", "a chat template of more than 256 KiB",
                        none, num_of(at.len));
}

static bool flush(struct kv *kv, struct fact *f, const uint8_t *joined, size_t *n)
{
    f->string.text = (struct bytes){ joined, *n };
    f->string.length = num_of(*n);
    *n = 0;
    return f->string.text.n == 0 || emit(kv->g->o->sink, f);
}

/* A vocabulary: many short strings, shown to the rules together. */
static bool string_array(struct kv *kv, uint64_t count)
{
    uint8_t joined[JOINED];
    size_t n = 0;
    struct fact f = { .kind = FACT_STRING };
    f.string.role = BYTES("metadata");
    f.string.key = key_of(kv);
    for (uint64_t i = 0; i < count; i++) {
        struct range at;
        if (!gguf_string(kv->g, &at)) {
            return false;
        }
        if (at.len + 1 > sizeof joined) {
            if (!string_facts(kv, at)) {
                return false;
            }
            continue;
        }
        if (n + at.len + 1 > sizeof joined && !flush(kv, &f, joined, &n)) {
            return false;
        }
        f.at = n == 0 ? at : (struct range){ f.at.off, at.off + at.len - f.at.off };
        if (!source_read(kv->g->in->src, at.off, joined + n, (size_t)at.len)) {
            return false;
        }
        n += (size_t)at.len;
        joined[n++] = '\n';
    }
    return flush(kv, &f, joined, &n);
}

/* --- arrays ------------------------------------------------------------------------------ */

/* A vocabulary's companions: f32 scores and i32 types, one a token (CVE-2025-49847, -52566). */
static bool check_tokens(struct kv *kv, uint32_t type, uint64_t count)
{
    struct gguf *g = kv->g;
    struct num none = { 0 };
    if (is(kv, "tokenizer.ggml.tokens")) {
        g->num_tokens = count;
        return type == GGUF_STRING
               || gguf_note(g, kv->at, "gguf-bad-vocabulary", "tokens that are no strings", none,
                            num_of(type));
    }
    bool scores = is(kv, "tokenizer.ggml.scores"), types = is(kv, "tokenizer.ggml.token_type");
    if (!scores && !types) {
        return true;
    }
    bool fits =
        type == (scores ? GGUF_F32 : GGUF_I32) && (g->num_tokens == 0 || count == g->num_tokens);
    return fits
           || gguf_note(g, kv->at, "gguf-bad-vocabulary",
                        "scores or types that do not fit the tokens", num_of(g->num_tokens),
                        num_of(count));
}

static bool array_value(struct kv *kv)
{
    struct gguf *g = kv->g;
    uint32_t type;
    uint64_t count, bytes;
    char shown[64];
    if (!gguf_u32(g, &type) || !gguf_count(g, &count)) {
        return gguf_cut(g, "the file ends before an array");
    }
    if (type >= GGUF_NUM_TYPES || type == GGUF_ARRAY) {
        return gguf_reject(g, kv->at, "gguf-bad-type", "an array of arrays, or of no known type");
    }
    uint64_t item = type == GGUF_STRING ? (g->version == 1 ? 4 : 8) : scalar_bytes[type];
    if (!mul_u64(count, item, &bytes) || bytes > stream_left(g->in)
        || count > g->o->budget->max[LIMIT_gguf_array_items]) {
        g->rejected = true;
        g->rejected = gguf_note(g, kv->at, "length-past-end",
                                "an array is longer than what is left, or than 2^30", num_of(count),
                                num_of(stream_left(g->in)));
        return false;
    }
    int n = snprintf(shown, sizeof shown, "[%llu items of type %u]", (unsigned long long)count,
                     (unsigned)type);
    return emit_meta(kv, (struct bytes){ (const uint8_t *)shown, n > 0 ? (size_t)n : 0 },
                     num_of(count))
           && check_tokens(kv, type, count)
           && (type == GGUF_STRING ? string_array(kv, count) : stream_skip(g->in, bytes));
}

/* --- scalars -------------------------------------------------------------------------------- */

static bool set_alignment(struct kv *kv, uint32_t type, uint64_t v)
{
    struct gguf *g = kv->g;
    struct num none = { 0 };
    if (type != GGUF_U32 || v == 0 || (v & (v - 1)) != 0) {
        return gguf_reject(g, kv->at, "gguf-bad-alignment",
                           "an alignment that is no u32, or no power of two");
    }
    g->alignment = v;
    return (v >= 8 && v <= 1048576)
           || gguf_note(g, kv->at, "gguf-odd-alignment",
                        "an alignment below 8 bytes or above 1 MiB", num_of(v), none);
}

static bool scalar_value(struct kv *kv, uint32_t type)
{
    struct gguf *g = kv->g;
    struct bytes raw;
    struct num none = { 0 };
    uint64_t v = 0;
    size_t n = scalar_bytes[type];
    if (!stream_take(g->in, n, &raw)) {
        return gguf_cut(g, "the file ends in a value");
    }
    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)raw.p[g->big ? n - 1 - i : i] << 8 * i;
    }
    if (type == GGUF_BOOL && v > 1
        && !gguf_note(g, kv->at, "gguf-odd-bool", "a bool that is neither 0 nor 1", num_of(v),
                      none)) {
        return false;
    }
    if (is(kv, "general.alignment") && !set_alignment(kv, type, v)) {
        return false;
    }
    return emit_meta(kv, (struct bytes){ NULL, 0 },
                     type == GGUF_F32 || type == GGUF_F64 ? none : num_of(v));
}

static bool value(struct kv *kv, uint32_t type)
{
    return type == GGUF_STRING  ? string_value(kv)
           : type == GGUF_ARRAY ? array_value(kv)
           : type < GGUF_NUM_TYPES
               ? scalar_value(kv, type)
               : gguf_reject(kv->g, kv->at, "gguf-bad-type", "a value of no known type");
}

/* --- keys
 * -------------------------------------------------------------------------------------- */

/* The spec: ASCII, no more than 65,535 bytes.  The reference checks neither. */
static bool check_key(struct kv *kv)
{
    struct gguf *g = kv->g;
    struct num none = { 0 };
    bool odd = kv->at.len > 65535;
    for (size_t i = 0; i < kv->num_key; i++) {
        odd |= kv->key[i] <= ' ' || kv->key[i] > '~';
    }
    if (kv->at.len == 0) {
        return gguf_reject(g, kv->at, "gguf-empty-key", "a key without a name");
    }
    return !odd
           || gguf_note(g, kv->at, "gguf-odd-key",
                        "a key with other characters than ASCII, or of more than 65,535 bytes",
                        none, num_of(kv->at.len));
}

/* The hash of a name that may be longer than what is kept of it. */
static bool hash_range(struct gguf *g, struct range at, uint64_t *hash)
{
    *hash = at.len;
    for (uint64_t done = 0; done < at.len;) {
        struct bytes piece;
        if (!gguf_text(g, (struct range){ at.off + done, at.len - done }, 4096, &piece)) {
            return false;
        }
        *hash = name_set_hash(*hash, piece);
        done += piece.n;
    }
    return true;
}

static bool read_one(struct gguf *g)
{
    struct kv kv = { .g = g };
    struct bytes shown;
    uint32_t type;
    uint64_t hash;
    if (!gguf_string(g, &kv.at) || !hash_range(g, kv.at, &hash)
        || !name_set_add(&g->keys, g->o->budget, hash, kv.at.off)
        || !gguf_text(g, kv.at, KEY_SHOWN, &shown)) {
        return false;
    }
    kv.num_key = shown.n;
    memcpy(kv.key, shown.p, shown.n);
    if (!check_key(&kv)) {
        return false;
    }
    return gguf_u32(g, &type) ? value(&kv, type) : gguf_cut(g, "the file ends behind a key");
}

bool gguf_read_kv(struct gguf *g)
{
    for (uint64_t i = 0; i < g->num_kv; i++) {
        if (!read_one(g)) {
            return false;
        }
    }
    if (!name_set_sort(&g->keys, g->o->budget)) {
        return false;
    }
    for (size_t i = 1; i < g->keys.n; i++) {
        if (g->keys.list[i].hash == g->keys.list[i - 1].hash) {
            return gguf_reject(g, (struct range){ g->keys.list[i].index, 0 }, "gguf-duplicate-key",
                               "a key that is there twice");
        }
    }
    return true;
}
