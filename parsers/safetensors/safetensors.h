/* safetensors.h - what the files of this room share. */
#ifndef MA_SAFETENSORS_SAFETENSORS_H
#define MA_SAFETENSORS_SAFETENSORS_H
#include "../base/parser.h"
#include "../codec/json.h"
#include "../codec/name_set.h"

/* One entry of the header.  Offsets are relative to the data behind the header. */
struct st_entry {
    uint64_t at; /* where its name stands */
    uint64_t begin, end;
    /* shape against offsets */
    enum st_size { ST_SIZE_FITS, ST_SIZE_OVERFLOW, ST_SIZE_BITS, ST_SIZE_DIFFERS } size;
    bool superseded; /* a later entry has the same name */
};
struct st {
    struct object *o;
    struct json_in json;
    uint64_t header_bytes, data_at; /* data_at: offset of the first data byte in the file */
    struct st_entry *entries;
    size_t num_entries, entries_cap;
    struct name_set names; /* of the entries, by index */
    struct name_set metadata; /* its keys */
    bool has_metadata;
    bool rejected; /* the reference would not load it; an anomaly says why */
};

/* An anomaly with what the reference makes of it ("accepts", "rejects"). */
MUST_CHECK bool st_note(struct st *s, struct range at, const char *slug, const char *detail,
                        const char *loader);
/* As st_note, for what the reference refuses; returns false: stop here. */
bool st_reject(struct st *s, struct range at, const char *slug, const char *detail);

/* header.c: the whole header; false: stopped, or rejected (s->rejected). */
MUST_CHECK bool st_read_header(struct st *s);
/* entry.c: one tensor, its key taken already. */
MUST_CHECK bool st_read_entry(struct st *s, const struct json_token *key);
/* layout.c: duplicates, and that the tensors fill the data without holes. */
MUST_CHECK bool st_check_layout(struct st *s);
#endif
