/* jsonw.h - builds JSON, and reads it strictly; the only interface to cJSON in the scanner.
 *
 * Builders accept NULL and pass failure on: what could not be set or pushed is remembered where it
 * is missing, and json_print prints no tree that lacks something.  Check its result only. */
#ifndef MA_REPORT_JSONW_H
#define MA_REPORT_JSONW_H
#include "../../parsers/base/cursor.h"

struct json; /* a cJSON item under another name */
struct json *json_obj(void);
struct json *json_arr(void);
struct json *json_text(const char *s); /* NULL: null */
struct json *json_bytes(struct bytes b); /* invalid UTF-8 as \xNN */
struct json *json_hex(struct bytes b);
struct json *json_u64(uint64_t v); /* above 2^53: a string */
struct json *json_bool(bool v);
/* Take over v; false when out of memory (v is freed then). */
bool json_set(struct json *obj, const char *key, struct json *v);
bool json_push(struct json *arr, struct json *v);
/* heap; NULL when out of memory or incomplete */
char *json_print(const struct json *j, bool pretty);
/* The text with a newline behind it; j is freed. */
char *json_line(struct json *j, bool pretty);
void json_free(struct json *j); /* accepts NULL */

/* Strict: UTF-8, no duplicate keys, no NUL, nesting up to 64, nothing behind the
 * end.  NULL with *why (static text) otherwise. */
struct json *json_parse(struct bytes b, const char **why);
/* NULL: not there; case counts */
const struct json *json_get(const struct json *obj, const char *key);
const struct json *json_at(const struct json *arr, size_t i); /* NULL: past the end */
const char *json_string(const struct json *j); /* NULL: no string */
bool json_true(const struct json *j);
/* A whole number from 0 to 2^53, also where it is written as 1.0 or 1e9. */
bool json_count(const struct json *j, uint64_t *out);
bool json_is_array(const struct json *j);
bool json_is_object(const struct json *j);
/* The item behind prev (NULL: the first) of an array or object; NULL: no more. Linear over all
 * of them. */
const struct json *json_after(const struct json *arr, const struct json *prev);
const char *json_key(const struct json *item); /* of an object's item */
/* json_unknown_key() returns the first key of an object that is none of `keys`, a list that ends
 * with NULL.  Returns NULL when there is none; obj may be no object, which has no keys. */
const char *json_unknown_key(const struct json *obj, const char *const *keys);
#endif
