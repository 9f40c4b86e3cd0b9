/* gguf.h - what the files of this room share. */
#ifndef MA_GGUF_GGUF_H
#define MA_GGUF_GGUF_H
#include "../base/parser.h"
#include "../base/stream.h"
#include "../codec/name_set.h"

struct gguf {
    struct object *o;
    struct stream *in;
    bool big; /* big-endian, legitimate in v3 */
    uint32_t version;
    uint64_t num_tensors, num_kv;
    uint64_t alignment; /* bytes; general.alignment, else 32 */
    uint64_t data_at; /* offset of the first tensor byte */
    uint64_t num_tokens; /* tokenizer.ggml.tokens; 0: none */
    struct name_set keys, tensors;
    uint8_t *text;
    size_t text_cap; /* a string at hand */
    bool rejected; /* the reference refuses it; an anomaly says why */
    bool unsupported;
};
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

/* read.c: numbers in the file's byte order, and strings. */
MUST_CHECK bool gguf_u32(struct gguf *g, uint32_t *out);
MUST_CHECK bool gguf_u64(struct gguf *g, uint64_t *out);
/* Counts, lengths and dimensions: 32 bits in v1, 64 since v2. */
MUST_CHECK bool gguf_count(struct gguf *g, uint64_t *out);
/* A string's bytes; moves past them.  *at stays inside the file. */
MUST_CHECK bool gguf_string(struct gguf *g, struct range *at);
/* The first bytes of a string, at most max; borrowed until the next call. */
MUST_CHECK bool gguf_text(struct gguf *g, struct range at, uint64_t max, struct bytes *out);
/* Why a read failed: the file ends (an anomaly, rejected), or the machine did. Always false. */
bool gguf_cut(struct gguf *g, const char *what);
/* An anomaly that the reference refuses; false: stop here. */
bool gguf_reject(struct gguf *g, struct range at, const char *slug, const char *detail);
MUST_CHECK bool gguf_note(struct gguf *g, struct range at, const char *slug, const char *detail,
                          struct num declared, struct num actual);

/* kv.c, tensors.c */
MUST_CHECK bool gguf_read_kv(struct gguf *g);
MUST_CHECK bool gguf_read_tensors(struct gguf *g);
#endif
