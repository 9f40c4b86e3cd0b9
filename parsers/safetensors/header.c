/* header.c - the top level of the header: metadata, and one entry for each tensor. */
#include "safetensors.h"

enum {
    LONG_VALUE = 65536, /* bytes; metadata values are short texts */
    LONG_NAME = 65535, /* bytes; names of tensors are far shorter */
    KEY_SHOWN = 256 /* bytes of a metadata key that facts carry */
};

static bool emit_metadata(struct st *s, struct bytes key, const struct json_token *v)
{
    struct fact f = { .kind = FACT_STRING, .at = v->at };
    f.string.role = BYTES("metadata");
    f.string.key = key;
    f.string.text = v->text;
    f.string.length = num_of(v->length);
    if (!emit(s->o->sink, &f)) {
        return false;
    }

    return v->length <= LONG_VALUE
           || st_note(s, v->at, "safetensors-metadata-long", "a metadata value of more than 64 KiB",
                      "accepts");
}

static bool check_duplicate_keys(struct st *s, struct range at)
{
    bool twice = false;
    if (!name_set_sort(&s->metadata, s->o->budget)) {
        return false;
    }

    for (size_t i = 1; i < s->metadata.n; i++) {
        twice |= s->metadata.list[i].hash == s->metadata.list[i - 1].hash;
    }

    return !twice
           || st_note(s, at, "safetensors-duplicate-metadata",
                      "duplicate metadata key: the last one wins", "accepts");
}

/* The value of a key, which has to be a string. */
static bool read_metadata_value(struct st *s, const struct json_token *key)
{
    struct json_token t;
    uint8_t name[KEY_SHOWN];
    struct bytes shown = bytes_sub(key->text, 0, sizeof name);
    for (size_t i = 0; i < shown.n; i++) { /* the token's text is only valid until the next one */
        name[i] = shown.p[i];
    }

    shown.p = name;

    json_next(&s->json, &t);
    if (t.kind == JSON_BAD) {
        return st_reject_json(s, &t);
    }
    if (t.kind != JSON_STRING) {
        return st_reject(s, t.at, "safetensors-bad-metadata",
                         "a metadata value that is not a string");
    }

    return emit_metadata(s, shown, &t);
}

/* {KEY: VALUE}, strings only.  The last of several equal keys wins. */
static bool read_metadata_pairs(struct st *s)
{
    struct json_token t;
    for (;;) {
        json_next(&s->json, &t);
        if (t.kind == JSON_OBJECT_END) {
            return check_duplicate_keys(s, t.at);
        }
        if (t.kind != JSON_KEY) {
            return st_reject_json(s, &t);
        }
        if (!name_set_add(&s->metadata, s->o->budget, t.hash, t.at.off)
            || !read_metadata_value(s, &t)) {
            return false;
        }
    }
}

static bool read_metadata(struct st *s, struct range key)
{
    struct json_token t;
    if (s->has_metadata) {
        return st_reject(s, key, "safetensors-bad-metadata", "duplicate __metadata__");
    }

    s->has_metadata = true;
    json_next(&s->json, &t);
    switch (t.kind) {
    case JSON_OBJECT: return read_metadata_pairs(s);
    case JSON_NULL:
        return st_note(s, t.at, "safetensors-null-metadata", "__metadata__ is null", "accepts");
    case JSON_BAD: return st_reject_json(s, &t);
    default: return st_reject(s, t.at, "safetensors-bad-metadata", "__metadata__ is not an object");
    }
}

static bool check_name(struct st *s, const struct json_token *t)
{
    bool nul = false;
    for (size_t i = 0; i < t->text.n; i++) {
        nul |= t->text.p[i] == 0;
    }
    bool odd = nul || t->length == 0 || t->length > LONG_NAME;
    return !odd
           || st_note(s, t->at, "safetensors-odd-name",
                      "a tensor's name is empty, holds a NUL, or is very long", "accepts");
}

/* What follows a key: the metadata, or a tensor. */
static bool read_member(struct st *s, const struct json_token *key)
{
    if (bytes_eq(key->text, BYTES("__metadata__"))) {
        return read_metadata(s, key->at);
    }
    return check_name(s, key) && st_read_entry(s, key);
}

bool st_read_header(struct st *s)
{
    struct json_token t;
    uint64_t start = s->json.at;
    json_next(&s->json, &t);
    if (t.kind == JSON_BAD) {
        return st_reject_json(s, &t);
    }
    if (t.kind != JSON_OBJECT) {
        return st_reject(s, t.at, "safetensors-bad-json", "the header is not an object");
    }
    if (t.at.off > start
        && !st_note(s, (struct range){ start, t.at.off - start }, "safetensors-leading-blanks",
                    "blanks before the header's brace", "accepts")) {
        return false;
    }

    for (json_next(&s->json, &t); t.kind == JSON_KEY; json_next(&s->json, &t)) {
        if (!read_member(s, &t)) {
            return false;
        }
    }
    if (t.kind == JSON_OBJECT_END) {
        json_next(&s->json, &t); /* JSON_END unless more than blanks follow */
    }

    return t.kind == JSON_END || st_reject_json(s, &t);
}
