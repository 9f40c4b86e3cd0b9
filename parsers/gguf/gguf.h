/* gguf.h - the shared declarations of the GGUF parser. */
#ifndef MA_GGUF_GGUF_H
#define MA_GGUF_GGUF_H
#include "../base/parser.h"
#include "../base/stream.h"
#include "../codec/name_set.h"

/* The state of one parse.  "The reference" is gguf_init_from_file() of ggml. */
struct gguf {
    struct object *o;
    struct stream *in;
    bool big; /* the file is big-endian, which v3 allows */
    uint32_t version;
    uint64_t num_tensors; /* as the header declares */
    uint64_t num_kv; /* keys that the header declares */
    uint64_t alignment; /* bytes; general.alignment, or 32 without it */
    uint64_t data_at; /* offset of the first tensor byte */
    uint64_t num_tokens; /* items of tokenizer.ggml.tokens, or 0 without it */
    struct name_set keys; /* indexed by the offset of the key */
    struct name_set tensors; /* indexed by the offset of the name */
    uint8_t *text; /* the buffer of gguf_text(), of text_cap bytes */
    size_t text_cap;
    bool rejected; /* the reference refuses the file; an anomaly says why */
    bool unsupported; /* with rejected: a newer version or type, which forks may read */
};

/* Types of values, as numbered in the file. */
enum gguf_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_NUM_TYPES
};

/* --- read.c: numbers in the file's byte order, strings, anomalies --------------------------- */

/* gguf_u32() and gguf_u64() read a number.  They return false at the end of the file or on a failed
 * read; the stream is then unchanged. */
MUST_CHECK bool gguf_u32(struct gguf *g, uint32_t *out);
MUST_CHECK bool gguf_u64(struct gguf *g, uint64_t *out);

/* gguf_count() reads a count, a length or a dimension: 32 bits in v1, 64 since v2.  Fails as
 * gguf_u32(). */
MUST_CHECK bool gguf_count(struct gguf *g, uint64_t *out);

/* gguf_string() sets *at to the bytes of a string, which lie within the file, and moves behind
 * them.  Returns false, with an anomaly, if the file ends before or the string is too long. */
MUST_CHECK bool gguf_string(struct gguf *g, struct range *at);

/* gguf_text() reads the first bytes of a string, at most max.  *out is valid until the next call.
 * Returns false without memory or on a failed read. */
MUST_CHECK bool gguf_text(struct gguf *g, struct range at, uint64_t max, struct bytes *out);

/* gguf_truncated() is called after a failed read: if the file ended, it emits an anomaly and
 * rejects the file.  Always returns false. */
bool gguf_truncated(struct gguf *g, const char *detail);

/* gguf_reject() emits an anomaly for which the reference refuses the file.  Always returns false:
 * the parse ends there. */
bool gguf_reject(struct gguf *g, struct range at, const char *slug, const char *detail);

/* gguf_past_end() rejects the file for a declared count or length that is larger than the bytes
 * that are left.  Always returns false. */
bool gguf_past_end(struct gguf *g, struct range at, const char *detail, uint64_t declared);

/* gguf_note() emits an anomaly.  Returns false if the sink stops. */
MUST_CHECK bool gguf_note(struct gguf *g, struct range at, const char *slug, const char *detail,
                          struct num declared, struct num actual);

/* --- kv.c, tensors.c ------------------------------------------------------------------------- */

/* gguf_read_kv() and gguf_read_tensors() read the two tables that follow the header.  They return
 * false if the parse ends there. */
MUST_CHECK bool gguf_read_kv(struct gguf *g);
MUST_CHECK bool gguf_read_tensors(struct gguf *g);

#endif
