/* kv.c - keys and values: numbers, strings, arrays of either. */
#include "gguf.h"

#include "../codec/string_facts.h"

#include <stdio.h>
#include <string.h>

enum {
    KEY_SHOWN = 256, /* bytes of a key that facts carry */
    JOINED_BYTES = 32768, /* bytes of array strings that one fact carries, one string a line */
    HASH_PIECE = 4096, /* bytes of a key that are hashed at a time */
    MAX_KEY_BYTES = 65535, /* by the specification */
    ODD_ALIGNMENT_MIN = 8, /* bytes; writers use 32, and 8 to 1 MiB is plausible */
    ODD_ALIGNMENT_MAX = 1048576,
    LONG_STRING = 16777216, /* bytes; writers' strings are far shorter */
    LONG_TEMPLATE = 262144 /* bytes; chat templates are a few KiB */
};

/* Bytes of a scalar; strings and arrays have no fixed size. */
static const uint8_t scalar_bytes[GGUF_NUM_TYPES] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

/* The key that is being read. */
struct kv {
    struct gguf *g;
    char key[KEY_SHOWN]; /* the first bytes of its name, num_key of them */
    size_t num_key;
    struct range at; /* its name's bytes in the file */
};

static struct bytes key_of(const struct kv *kv)
{
    return (struct bytes){ (const uint8_t *)kv->key, kv->num_key };
}

static bool key_is(const struct kv *kv, const char *name)
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

static bool is_chat_template(const struct kv *kv)
{
    return bytes_start(key_of(kv), BYTES("tokenizer.chat_template"));
}

/* A template is an object of its own, too: what it reaches is found by following it. */
static bool emit_template(struct kv *kv, struct range at)
{
    struct inner in = { .at = at, .label = key_of(kv), .as = AS_TEMPLATE };
    return strings_emit(kv->g->o, BYTES("chat-template"), key_of(kv), at)
           && emit_inner(kv->g->o->sink, &in);
}

static bool emit_string(struct kv *kv, struct range at)
{
    if (is_chat_template(kv)) {
        return emit_template(kv, at);
    }
    return strings_emit(kv->g->o, BYTES("metadata"), key_of(kv), at);
}

static bool read_string(struct kv *kv)
{
    struct range at;
    if (!gguf_string(kv->g, &at) || !emit_string(kv, at)) {
        return false;
    }
    if (at.len > LONG_STRING
        && !gguf_note(kv->g, at, "gguf-long-string", "a string of more than 16 MiB", NUM_NONE,
                      num_of(at.len))) {
        return false;
    }
    if (is_chat_template(kv) && at.len > LONG_TEMPLATE) {
        return gguf_note(kv->g, at, "gguf-long-template", "a chat template of more than 256 KiB",
                         NUM_NONE, num_of(at.len));
    }

    return true;
}

/* Short strings of an array, which one fact shows to the rules together, one a line. */
struct joined {
    struct fact f;
    size_t n; /* bytes of text that are filled */
    uint8_t text[JOINED_BYTES];
};

static bool flush_joined(struct kv *kv, struct joined *j)
{
    j->f.string.text = (struct bytes){ j->text, j->n };
    j->f.string.length = num_of(j->n);
    j->n = 0;
    return j->f.string.text.n == 0 || emit(kv->g->o->sink, &j->f);
}

static bool join_string(struct kv *kv, struct joined *j, struct range at)
{
    if (j->n + at.len + 1 > sizeof j->text && !flush_joined(kv, j)) {
        return false;
    }
    if (!source_read(kv->g->in->src, at.off, j->text + j->n, (size_t)at.len)) {
        return false;
    }
    if (j->n == 0) {
        j->f.at = at;
    } else {
        j->f.at.len = at.off + at.len - j->f.at.off;
    }

    j->n += (size_t)at.len;
    j->text[j->n++] = '\n';
    return true;
}

/* A vocabulary has many short strings; a string too long for `joined` becomes facts of its own. */
static bool read_string_array(struct kv *kv, uint64_t count)
{
    struct joined j;
    j.n = 0;
    j.f = (struct fact){ .kind = FACT_STRING };
    j.f.string.role = BYTES("metadata");
    j.f.string.key = key_of(kv);
    for (uint64_t i = 0; i < count; i++) {
        struct range at;
        if (!gguf_string(kv->g, &at)) {
            return false;
        }

        bool fits = at.len + 1 <= sizeof j.text;
        if (fits && !join_string(kv, &j, at)) {
            return false;
        }
        if (!fits && !emit_string(kv, at)) {
            return false;
        }
    }

    return flush_joined(kv, &j);
}

/* --- arrays ------------------------------------------------------------------------------ */

static bool check_tokens(struct kv *kv, uint32_t type, uint64_t count)
{
    kv->g->num_tokens = count;
    return type == GGUF_STRING
           || gguf_note(kv->g, kv->at, "gguf-bad-vocabulary", "tokens that are not strings",
                        NUM_NONE, num_of(type));
}

/* A vocabulary comes with one f32 score and one i32 type a token (CVE-2025-49847, -52566). */
static bool check_vocabulary(struct kv *kv, uint32_t type, uint64_t count)
{
    struct gguf *g = kv->g;
    uint32_t expected;
    if (key_is(kv, "tokenizer.ggml.tokens")) {
        return check_tokens(kv, type, count);
    }
    if (key_is(kv, "tokenizer.ggml.scores")) {
        expected = GGUF_F32;
    } else if (key_is(kv, "tokenizer.ggml.token_type")) {
        expected = GGUF_I32;
    } else {
        return true;
    }

    bool has_count = g->num_tokens == 0 || count == g->num_tokens;
    return (type == expected && has_count)
           || gguf_note(g, kv->at, "gguf-bad-vocabulary",
                        "scores or types that do not fit the tokens", num_of(g->num_tokens),
                        num_of(count));
}

static bool emit_array(struct kv *kv, uint32_t type, uint64_t count)
{
    char shown[64];
    int n = snprintf(shown, sizeof shown, "[%llu items of type %u]", (unsigned long long)count,
                     (unsigned)type);
    struct bytes text = { (const uint8_t *)shown, n > 0 ? (size_t)n : 0 };
    return emit_meta(kv, text, num_of(count));
}

/* The least bytes that an item of an array takes: all of a scalar, the length of a string. */
static uint64_t min_item_bytes(const struct gguf *g, uint32_t type)
{
    if (type == GGUF_STRING) {
        return g->version == 1 ? 4 : 8;
    }
    return scalar_bytes[type];
}

static bool read_array(struct kv *kv)
{
    struct gguf *g = kv->g;
    uint32_t type;
    uint64_t count;
    if (!gguf_u32(g, &type) || !gguf_count(g, &count)) {
        return gguf_truncated(g, "the file ends before an array");
    }
    if (type >= GGUF_NUM_TYPES || type == GGUF_ARRAY) {
        return gguf_reject(g, kv->at, "gguf-bad-type", "an array of arrays, or of no known type");
    }

    uint64_t bytes;
    if (!mul_u64(count, min_item_bytes(g, type), &bytes) || bytes > stream_left(g->in)
        || count > g->o->budget->max[LIMIT_gguf_array_items]) {
        return gguf_past_end(g, kv->at, "an array is longer than what is left, or than 2^30",
                             count);
    }

    if (!emit_array(kv, type, count) || !check_vocabulary(kv, type, count)) {
        return false;
    }
    if (type == GGUF_STRING) {
        return read_string_array(kv, count);
    }

    return stream_skip(g->in, bytes);
}

/* --- scalars -------------------------------------------------------------------------------- */

static bool set_alignment(struct kv *kv, uint32_t type, uint64_t v)
{
    struct gguf *g = kv->g;
    bool is_power_of_two = v != 0 && (v & (v - 1)) == 0;
    if (type != GGUF_U32 || !is_power_of_two) {
        return gguf_reject(g, kv->at, "gguf-bad-alignment",
                           "alignment is not a u32 or not a power of two");
    }

    g->alignment = v;
    return (v >= ODD_ALIGNMENT_MIN && v <= ODD_ALIGNMENT_MAX)
           || gguf_note(g, kv->at, "gguf-odd-alignment",
                        "an alignment below 8 bytes or above 1 MiB", num_of(v), NUM_NONE);
}

static bool read_scalar(struct kv *kv, uint32_t type)
{
    struct gguf *g = kv->g;
    struct bytes raw;
    uint64_t v = 0;
    size_t n = scalar_bytes[type];
    if (!stream_take(g->in, n, &raw)) {
        return gguf_truncated(g, "the file ends in a value");
    }

    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)raw.p[g->big ? n - 1 - i : i] << 8 * i;
    }
    if (type == GGUF_BOOL && v > 1
        && !gguf_note(g, kv->at, "gguf-odd-bool", "a bool that is neither 0 nor 1", num_of(v),
                      NUM_NONE)) {
        return false;
    }
    if (key_is(kv, "general.alignment") && !set_alignment(kv, type, v)) {
        return false;
    }

    bool is_float = type == GGUF_F32 || type == GGUF_F64;
    return emit_meta(kv, (struct bytes){ NULL, 0 }, is_float ? NUM_NONE : num_of(v));
}

static bool read_value(struct kv *kv, uint32_t type)
{
    if (type == GGUF_STRING) {
        return read_string(kv);
    }
    if (type == GGUF_ARRAY) {
        return read_array(kv);
    }
    if (type < GGUF_NUM_TYPES) {
        return read_scalar(kv, type);
    }

    return gguf_reject(kv->g, kv->at, "gguf-bad-type", "a value of no known type");
}

/* --- keys ---------------------------------------------------------------------------------- */

/* The specification allows ASCII and no more than MAX_KEY_BYTES.  The reference checks neither. */
static bool check_key(struct kv *kv)
{
    struct gguf *g = kv->g;
    bool odd = kv->at.len > MAX_KEY_BYTES;
    for (size_t i = 0; i < kv->num_key; i++) {
        odd |= kv->key[i] <= ' ' || kv->key[i] > '~';
    }
    if (kv->at.len == 0) {
        return gguf_reject(g, kv->at, "gguf-empty-key", "a key without a name");
    }

    return !odd
           || gguf_note(g, kv->at, "gguf-odd-key",
                        "a key with other characters than ASCII, or of more than 65,535 bytes",
                        NUM_NONE, num_of(kv->at.len));
}

/* The hash of a whole name, which may be longer than KEY_SHOWN. */
static bool hash_range(struct gguf *g, struct range at, uint64_t *hash)
{
    *hash = at.len;
    for (uint64_t done = 0; done < at.len;) {
        struct bytes piece;
        struct range rest = { at.off + done, at.len - done };
        if (!gguf_text(g, rest, HASH_PIECE, &piece)) {
            return false;
        }
        *hash = name_set_hash(*hash, piece);
        done += piece.n;
    }

    return true;
}

static bool read_key(struct kv *kv)
{
    struct gguf *g = kv->g;
    struct bytes shown;
    uint64_t hash;
    if (!gguf_string(g, &kv->at) || !hash_range(g, kv->at, &hash)
        || !name_set_add(&g->keys, g->o->budget, hash, kv->at.off)
        || !gguf_text(g, kv->at, KEY_SHOWN, &shown)) {
        return false;
    }

    kv->num_key = shown.n;
    memcpy(kv->key, shown.p, shown.n);
    return check_key(kv);
}

static bool read_pair(struct gguf *g)
{
    struct kv kv = { .g = g };
    uint32_t type;
    if (!read_key(&kv)) {
        return false;
    }
    if (!gguf_u32(g, &type)) {
        return gguf_truncated(g, "the file ends behind a key");
    }

    return read_value(&kv, type);
}

static bool check_duplicates(struct gguf *g)
{
    if (!name_set_sort(&g->keys, g->o->budget)) {
        return false;
    }

    for (size_t i = 1; i < g->keys.n; i++) {
        const struct name *key = &g->keys.list[i];
        if (key->hash == key[-1].hash) {
            return gguf_reject(g, (struct range){ key->index, 0 }, "gguf-duplicate-key",
                               "duplicate key");
        }
    }

    return true;
}

bool gguf_read_kv(struct gguf *g)
{
    for (uint64_t i = 0; i < g->num_kv; i++) {
        if (!read_pair(g)) {
            return false;
        }
    }
    return check_duplicates(g);
}
