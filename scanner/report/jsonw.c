#include "jsonw.h"

#include "../../parsers/codec/json.h"

#include "escape.h"
#include "../util/hex.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT (1ull << 53) /* doubles are exact up to here */

static struct json *wrap(cJSON *c) { return (struct json *)c; }
static cJSON *item(struct json *j) { return (cJSON *)j; }
static const cJSON *view(const struct json *j) { return (const cJSON *)j; }

struct json *json_obj(void) { return wrap(cJSON_CreateObject()); }
struct json *json_arr(void) { return wrap(cJSON_CreateArray()); }
struct json *json_bool(bool v) { return wrap(cJSON_CreateBool(v)); }
struct json *json_text(const char *s)
{
    return wrap(s != NULL ? cJSON_CreateString(s) : cJSON_CreateNull());
}

struct json *json_bytes(struct bytes b)
{
    char *text = escape_invalid(b, NULL);
    struct json *j = text != NULL ? json_text(text) : NULL;
    free(text);
    return j;
}

struct json *json_hex(struct bytes b)
{
    char *text = hex_encode(b);
    struct json *j = text != NULL ? json_text(text) : NULL;
    free(text);
    return j;
}

struct json *json_u64(uint64_t v)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, v);
    return v > EXACT ? json_text(digits) : wrap(cJSON_CreateRaw(digits));
}

/* cJSON uses valueint for numbers; in an object or array it marks here that something is
 * missing. */
#define LOST 1

static bool attach(struct json *to, struct json *v, bool ok)
{
    if (!ok) {
        json_free(v);
    }
    if (!ok && to != NULL) {
        item(to)->valueint = LOST;
    }
    return ok;
}

bool json_set(struct json *obj, const char *key, struct json *v)
{
    return attach(obj, v,
                  obj != NULL && v != NULL && cJSON_AddItemToObject(item(obj), key, item(v)));
}

bool json_push(struct json *arr, struct json *v)
{
    return attach(arr, v, arr != NULL && v != NULL && cJSON_AddItemToArray(item(arr), item(v)));
}

/* Each node of a tree, parents first, with `depth` nodes above and at it; children beyond
 * BOUND_json_text_depth are left out. */
struct tree_walk {
    const cJSON *path[BOUND_json_text_depth + 2];
    size_t depth;
};

static const cJSON *walk_next(struct tree_walk *w)
{
    const cJSON *at = w->path[w->depth - 1];
    if ((cJSON_IsObject(at) || cJSON_IsArray(at)) && at->child != NULL
        && w->depth <= BOUND_json_text_depth) {
        w->path[w->depth++] = at->child;
        return at->child;
    }
    while (w->depth > 1 && w->path[w->depth - 1]->next == NULL) {
        w->depth--;
    }
    if (w->depth <= 1) {
        return NULL;
    }
    w->path[w->depth - 1] = w->path[w->depth - 1]->next;
    return w->path[w->depth - 1];
}

/* Is everything there that was to be built? Depth is bounded: no form is nested that deeply. */
static bool is_complete(const cJSON *root)
{
    struct tree_walk w = { { root }, 1 };
    for (const cJSON *at = root; at != NULL; at = walk_next(&w)) {
        bool holds = cJSON_IsObject(at) || cJSON_IsArray(at);
        if (holds
            && (at->valueint == LOST || (at->child != NULL && w.depth > BOUND_json_text_depth))) {
            return false;
        }
    }
    return true;
}

char *json_print(const struct json *j, bool pretty)
{
    if (j == NULL || !is_complete(view(j))) {
        return NULL;
    }
    return pretty ? cJSON_Print(view(j)) : cJSON_PrintUnformatted(view(j));
}

char *json_line(struct json *j, bool pretty)
{
    char *text = json_print(j, pretty);
    json_free(j);
    size_t n = text != NULL ? strlen(text) : 0;
    char *line = text != NULL ? realloc(text, n + 2) : NULL;
    if (line == NULL) {
        free(text);
        return NULL;
    }
    memcpy(line + n, "\n", 2);
    return line;
}

void json_free(struct json *j) { cJSON_Delete(item(j)); }

/* --- reading -------------------------------------------------------------------- */

/* Depth is bounded before cJSON recurses, outside of strings. */
static bool is_shallow(struct bytes b)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        if (depth > BOUND_json_text_depth) {
            return false;
        }
    }
    return true;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool unique_keys(const cJSON *obj)
{
    size_t n = 0, i = 0;
    bool ok = true;
    for (const cJSON *c = obj->child; c != NULL; c = c->next) {
        n++;
    }
    const char **keys = n > 1 ? malloc(n * sizeof *keys) : NULL;
    if (n > 1 && keys == NULL) {
        return false;
    }
    for (const cJSON *c = obj->child; n > 1 && c != NULL; c = c->next) {
        keys[i++] = c->string;
    }
    if (n > 1) {
        qsort(keys, n, sizeof *keys, by_key);
    }
    for (i = 1; i < n; i++) {
        ok &= strcmp(keys[i - 1], keys[i]) != 0;
    }
    free(keys);
    return ok;
}

/* Over the whole tree; its depth is at most BOUND_json_text_depth. */
static bool all_unique(const cJSON *root)
{
    struct tree_walk w = { { root }, 1 };
    for (const cJSON *at = root; at != NULL; at = walk_next(&w)) {
        if (cJSON_IsObject(at) && !unique_keys(at)) {
            return false;
        }
    }
    return true;
}

/* cJSON accepts a BOM, 01, raw control characters: codec/json.h decides what JSON is. */
static const char *not_strict(struct bytes b)
{
    struct source src;
    struct budget budget;
    struct json_in in;
    struct json_token t = { .kind = JSON_BAD };
    uint64_t max[NUM_LIMITS];
    struct stream *stream = malloc(sizeof *stream);
    const char *why = "out of memory";
    if (stream == NULL) {
        return why;
    }

    for (int i = 0; i < NUM_LIMITS; i++) {
        max[i] = limit_rows[i].value;
    }
    budget_init(&budget, max, 0);
    source_mem(&src, b);
    stream_init(stream, &src, (struct range){ 0, b.n });

    if (json_init(&in, stream, &budget, 1)) {
        do {
            json_next(&in, &t);
        } while (t.kind != JSON_END && t.kind != JSON_BAD);
        why = t.kind == JSON_END ? NULL : in.why; /* static text */
        json_done(&in);
    }
    free(stream);
    return why;
}

/* A copy of b with a NUL behind it; NULL with *why: b is not text that cJSON may read. */
static char *copy_checked(struct bytes b, const char **why)
{
    bool changed = false;
    *why = "too large";
    char *copy = b.n <= BOUND_json_bytes ? escape_invalid(b, &changed) : NULL;
    if (copy == NULL) {
        *why = b.n > BOUND_json_bytes ? *why : "out of memory";
        return NULL;
    }
    if (changed) { /* a NUL, or bytes that are not UTF-8 */
        *why = "not valid UTF-8";
    } else if (!is_shallow(b)) {
        *why = "nested too deeply";
    } else {
        *why = not_strict(b);
    }
    if (*why != NULL) {
        free(copy);
        return NULL;
    }
    return copy;
}

struct json *json_parse(struct bytes b, const char **why)
{
    const char *end = NULL;
    char *copy = copy_checked(b, why);
    if (copy == NULL) {
        return NULL;
    }
    cJSON *root = cJSON_ParseWithLengthOpts(copy, b.n + 1, &end, 1);
    free(copy);
    if (root == NULL) {
        *why = "not JSON";
        return NULL;
    }
    if (!all_unique(root)) {
        *why = "duplicate key";
        cJSON_Delete(root);
        return NULL;
    }
    return wrap(root);
}

const struct json *json_get(const struct json *obj, const char *key)
{
    return cJSON_IsObject(view(obj)) ? wrap(cJSON_GetObjectItemCaseSensitive(view(obj), key))
                                     : NULL;
}

const struct json *json_at(const struct json *arr, size_t i)
{
    return cJSON_IsArray(view(arr)) ? wrap(cJSON_GetArrayItem(view(arr), (int)i)) : NULL;
}

const struct json *json_after(const struct json *arr, const struct json *prev)
{
    if (prev != NULL) {
        return wrap(view(prev)->next);
    }
    return cJSON_IsArray(view(arr)) || cJSON_IsObject(view(arr)) ? wrap(view(arr)->child) : NULL;
}

const char *json_key(const struct json *item) { return view(item)->string; }

const char *json_unknown_key(const struct json *obj, const char *const *keys)
{
    if (!json_is_object(obj)) {
        return NULL;
    }
    for (const struct json *i = json_after(obj, NULL); i != NULL; i = json_after(obj, i)) {
        const char *key = json_key(i);
        size_t k = 0;
        while (keys[k] != NULL && strcmp(keys[k], key) != 0) {
            k++;
        }
        if (keys[k] == NULL) {
            return key;
        }
    }
    return NULL;
}
const char *json_string(const struct json *j)
{
    return cJSON_IsString(view(j)) ? view(j)->valuestring : NULL;
}

bool json_true(const struct json *j) { return cJSON_IsTrue(view(j)); }

bool json_count(const struct json *j, uint64_t *out)
{
    double v = cJSON_IsNumber(view(j)) ? view(j)->valuedouble : -1;
    if (!(v >= 0 && v <= (double)EXACT)) {
        return false;
    }
    *out = (uint64_t)v;
    return (double)*out == v;
}

bool json_is_object(const struct json *j) { return cJSON_IsObject(view(j)); }

bool json_is_array(const struct json *j) { return cJSON_IsArray(view(j)); }
