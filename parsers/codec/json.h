/* json.h - the one strict JSON tokenizer: RFC 8259, as serde_json reads it.
 *
 * Pull one token after another out of a stream; nothing is built.  UTF-8 is checked,
 * surrogates have to pair, numbers keep their text (a u64 is exact), a BOM, comments,
 * trailing commas, raw control characters and bytes after the value are errors.
 * Nesting is counted on 128 bits: no recursion, no heap but the text buffer. */
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
    JSON_BAD
}; /* json.why says what is wrong, at.off where; the end for good */
struct json_token {
    enum json_kind kind;
    struct range at; /* its bytes in the source, quotes included */
    /* KEY, STRING: decoded, the first text_max bytes; NUMBER: as written. Dies at the next token */
    struct bytes text;
    uint64_t length; /* decoded bytes in all */
    uint64_t hash; /* of the decoded bytes: equal strings have equal ones */
};
struct json_in {
    struct stream *in;
    struct budget *budget;
    struct bytes chunk; /* what is left of the stream's slice */
    uint64_t at; /* offset of chunk.p[0] */
    uint64_t objects[JSON_LEVELS / 64]; /* bit a level: is it an object? */
    unsigned depth;
    enum {
        JSON_AT_VALUE,
        JSON_AT_FIRST,
        JSON_AT_KEY,
        JSON_AT_COLON,
        JSON_AFTER,
        JSON_DONE,
        JSON_FAILED
    } state;
    uint8_t *text;
    size_t num_text, text_cap, text_max;
    uint64_t length, hash;
    const char *why;
    bool stopped; /* with JSON_BAD: a read or the budget failed, not the text */
};
/* The value in the stream's range, all of it; strings are kept up to text_max bytes. False: no
 * memory. */
MUST_CHECK bool json_init(struct json_in *j, struct stream *in, struct budget *b, size_t text_max);
void json_done(struct json_in *j);
/* The next token; JSON_BAD and JSON_END stay. */
void json_next(struct json_in *j, struct json_token *out);
/* Past the value that begins with this token (already taken), whatever it is; *end: the offset
 * behind it. */
MUST_CHECK bool json_skip(struct json_in *j, const struct json_token *first, uint64_t *end);
/* Digits only, and within 64 bits. */
bool json_token_u64(const struct json_token *t, uint64_t *out);
#endif
