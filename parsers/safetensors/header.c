/* header.c - the top level of the header: metadata, and one entry a tensor. */
#include "safetensors.h"

static bool bad_json(struct st *s, const struct json_token *t)
{
    return !s->json.stopped
           && st_reject(s, (struct range){ t->at.off, 0 }, "safetensors-bad-json", s->json.why);
}

/* A metadata value: text that people and templates read. */
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
    return v->length <= 65536
           || st_note(s, v->at, "safetensors-metadata-long", "a metadata value of more than 64 KiB",
                      "accepts");
}

static bool note_duplicate_keys(struct st *s, struct range at)
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
                      "a metadata key that is there twice: the last one wins", "accepts");
}

/* {KEY: VALUE}, strings only; keys may repeat, the last wins. */
static bool metadata_pairs(struct st *s)
{
    struct json_token t;
    uint8_t name[256];
    for (;;) {
        json_next(&s->json, &t);
        if (t.kind == JSON_OBJECT_END) {
            return note_duplicate_keys(s, t.at);
        }
        if (t.kind != JSON_KEY) {
            return bad_json(s, &t);
        }
        struct bytes key = bytes_sub(t.text, 0, sizeof name);
        for (size_t i = 0; i < key.n; i++) {
            name[i] = key.p[i];
        }
        key.p = name; /* the token's text dies at the next one */
        if (!name_set_add(&s->metadata, s->o->budget, t.hash, t.at.off)) {
            return false;
        }
        json_next(&s->json, &t);
        if (t.kind == JSON_BAD) {
            return bad_json(s, &t);
        }
        if (t.kind != JSON_STRING) {
            return st_reject(s, t.at, "safetensors-bad-metadata",
                             "a metadata value that is no string");
        }
        if (!emit_metadata(s, key, &t)) {
            return false;
        }
    }
}

static bool metadata(struct st *s, struct range key)
{
    struct json_token t;
    if (s->has_metadata) {
        return st_reject(s, key, "safetensors-bad-metadata", "__metadata__ is there twice");
    }
    s->has_metadata = true;
    json_next(&s->json, &t);
    switch (t.kind) {
    case JSON_OBJECT: return metadata_pairs(s);
    case JSON_NULL:
        return st_note(s, t.at, "safetensors-null-metadata", "__metadata__ is null", "accepts");
    case JSON_BAD: return bad_json(s, &t);
    default: return st_reject(s, t.at, "safetensors-bad-metadata", "__metadata__ is no object");
    }
}

static bool note_name(struct st *s, const struct json_token *t)
{
    bool nul = false;
    for (size_t i = 0; i < t->text.n; i++) {
        nul |= t->text.p[i] == 0;
    }
    return !(t->length == 0 || nul || t->length > 65535)
           || st_note(s, t->at, "safetensors-odd-name",
                      "a tensor's name is empty, holds a NUL, or is very long", "accepts");
}

bool st_read_header(struct st *s)
{
    struct json_token t;
    json_next(&s->json, &t);
    if (t.kind == JSON_BAD) {
        return bad_json(s, &t);
    }
    if (t.kind != JSON_OBJECT) {
        return st_reject(s, t.at, "safetensors-bad-json", "the header is no object");
    }
    if (t.at.off > 8
        && !st_note(s, (struct range){ 8, t.at.off - 8 }, "safetensors-leading-blanks",
                    "blanks before the header's brace", "accepts")) {
        return false;
    }
    for (json_next(&s->json, &t); t.kind == JSON_KEY; json_next(&s->json, &t)) {
        bool ok = bytes_eq(t.text, BYTES("__metadata__"))
                      ? metadata(s, t.at)
                      : note_name(s, &t) && st_read_entry(s, &t);
        if (!ok) {
            return false;
        }
    }
    if (t.kind == JSON_OBJECT_END) {
        json_next(&s->json, &t); /* nothing but blanks may follow */
    }
    return t.kind == JSON_END || bad_json(s, &t);
}
