/* json.h - a strict JSON tokenizer: RFC 8259, as serde_json reads it.
 *
 * The caller pulls one token after another out of a stream; no tree is built.  UTF-8 is checked,
 * surrogates have to pair, and numbers keep their text (a u64 is exact).  A BOM, comments, trailing
 * commas, raw control characters and bytes after the value are errors.  Levels are kept in 128
 * bits: there is no recursion, and the text buffer is the only memory on the heap. */
#ifndef MA_CODEC_JSON_H
#define MA_CODEC_JSON_H
#include "../base/budget.h"
#include "../base/stream.h"

#define JSON_LEVELS 128u /* serde_json refuses to enter the 128th */

enum json_kind {
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_END, /* the value is complete, and only blanks follow */
    JSON_BAD /* an error; json_in.why has its text and token.at.off its offset */
};

struct json_token {
    enum json_kind kind;
    struct range at; /* the token's bytes in the source, with quotes */
    /* The decoded string, up to text_max bytes, or a number as it is written.  Valid until the
     * next token is read. */
    struct bytes text;
    uint64_t length; /* decoded bytes, with those that text leaves out */
    uint64_t hash; /* hash of the decoded bytes of a key or string; equal for equal strings */
};

struct json_in {
    struct stream *in;
    struct budget *budget;
    struct bytes chunk; /* bytes of the stream's current slice that are not read yet */
    uint64_t at; /* offset of chunk.p[0] in the source */
    uint64_t objects[JSON_LEVELS / 64]; /* one bit a level: 1 for an object, 0 for an array */
    unsigned depth; /* levels that are open */
    enum {
        JSON_AT_VALUE,
        JSON_AT_FIRST,
        JSON_AT_KEY,
        JSON_AT_COLON,
        JSON_AFTER,
        JSON_DONE,
        JSON_FAILED
    } state;
    uint8_t *text; /* the current token's text; text_cap bytes are allocated */
    size_t num_text;
    size_t text_cap;
    size_t text_max; /* bytes of a string that are kept */
    uint64_t length; /* decoded bytes of the current token */
    uint64_t hash; /* of the decoded bytes beyond text_max */
    bool python; /* NaN and Infinity are numbers, as for Python; the caller sets it */
    const char *why; /* static text of the error, after JSON_BAD */
    bool stopped; /* with JSON_BAD: a read or the budget failed, the text is not at fault */
};

/* json_init() prepares reading of the one value that fills the stream's range.  Strings are kept up
 * to text_max bytes.  Returns false without memory.  Borrows in and b until json_done. */
MUST_CHECK bool json_init(struct json_in *j, struct stream *in, struct budget *b, size_t text_max);

/* json_done() releases the text buffer. */
void json_done(struct json_in *j);

/* json_next() reads the next token into *out.  After JSON_BAD and JSON_END each call returns the
 * same kind again. */
void json_next(struct json_in *j, struct json_token *out);

/* json_skip() moves behind the value whose first token, already read, is *first, and sets *end to
 * the offset there.  Returns false after JSON_BAD. */
MUST_CHECK bool json_skip(struct json_in *j, const struct json_token *first, uint64_t *end);

/* json_token_u64() reads a number that has digits only.  Returns false for other tokens and for
 * numbers beyond 64 bits. */
bool json_token_u64(const struct json_token *t, uint64_t *out);

#endif
