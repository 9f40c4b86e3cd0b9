/* safetensors.h - the shared declarations of the safetensors parser. */
#ifndef MA_SAFETENSORS_SAFETENSORS_H
#define MA_SAFETENSORS_SAFETENSORS_H
#include "../base/parser.h"
#include "../codec/json.h"
#include "../codec/name_set.h"

/* How a tensor's shape and type compare with its offsets. */
enum st_size {
    ST_SIZE_FITS,
    ST_SIZE_OVERFLOW, /* the product does not fit in 64 bits */
    ST_SIZE_BITS, /* the elements end within a byte */
    ST_SIZE_DIFFERS
};

/* One tensor of the header. */
struct st_entry {
    uint64_t at; /* offset of its name in the file */
    uint64_t begin; /* first byte, relative to the start of the data */
    uint64_t end; /* behind the last byte, likewise */
    enum st_size size;
    bool superseded; /* a later entry has the same name */
};

/* The state of one parse.  "The reference" is safetensors/src/tensor.rs. */
struct st {
    struct object *o;
    struct json_in json;
    uint64_t header_bytes; /* of the JSON, as the file declares */
    uint64_t data_at; /* offset of the first data byte in the file */
    struct st_entry *entries;
    size_t num_entries;
    size_t entries_cap;
    struct name_set names; /* of the tensors; the index is that of the entry */
    struct name_set metadata; /* the keys of __metadata__ */
    bool has_metadata;
    bool rejected; /* the reference refuses the file; an anomaly says why */
};

/* --- note.c ---------------------------------------------------------------------------------- */

/* st_note() emits an anomaly; loader is "accepts" or "rejects", as the reference does.  Returns
 * false if the sink stops. */
MUST_CHECK bool st_note(struct st *s, struct range at, const char *slug, const char *detail,
                        const char *loader);

/* st_reject() emits an anomaly for which the reference refuses the file.  Always returns false:
 * the parse ends there. */
bool st_reject(struct st *s, struct range at, const char *slug, const char *detail);

/* st_reject_json() rejects the file for t, a JSON_BAD token or one that is out of place.  Emits
 * nothing if a read or the budget failed.  Always returns false. */
bool st_reject_json(struct st *s, const struct json_token *t);

/* --- header.c, entry.c, layout.c -------------------------------------------------------------- */

/* st_read_header() reads the JSON.  Returns false if the parse ends there: the file was rejected
 * (s->rejected), or a read, the budget or the sink failed. */
MUST_CHECK bool st_read_header(struct st *s);

/* st_read_entry() reads the tensor whose key was the last token, and adds it to s->entries.  Fails
 * as st_read_header(). */
MUST_CHECK bool st_read_entry(struct st *s, const struct json_token *key);

/* st_check_layout() checks that the tensors fill the data without holes, and reports duplicate
 * names.  Fails as st_read_header(). */
MUST_CHECK bool st_check_layout(struct st *s);

#endif
