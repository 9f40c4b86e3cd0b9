/* load.c - strict reading of rule packs in JSON.  A pack is {"pack": "zip", "version": "2026.11.1",
 * "rules": [...]}.  Every mistake is an error with its file and JSON pointer; nothing is
 * skipped. */
#include "build.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_REV = 1000000,
    VERSION_PARTS = 3 /* year, month, release */
};

/* The key of a member occurs before it, too. */
static bool is_duplicate(const cJSON *o, const cJSON *member)
{
    if (member->string == NULL) {
        return false;
    }

    for (const cJSON *c = o->child; c != member; c = c->next) {
        if (strcmp(member->string, c->string) == 0) {
            return true;
        }
    }

    return false;
}

/* Recursion is as deep as cJSON reads, at most 1,000 levels. */
static bool check_duplicates(struct loader *l, const cJSON *o)
{
    size_t i = 0;
    for (const cJSON *c = o->child; c != NULL; c = c->next, i++) {
        size_t mark;
        if (c->string != NULL) {
            mark = pointer_enter(l, c->string);
        } else {
            mark = pointer_enter_index(l, i);
        }
        if (is_duplicate(o, c)) {
            return load_fail(l, "the key occurs twice");
        }
        if (!check_duplicates(l, c)) {
            return false;
        }

        pointer_leave(l, mark);
    }

    return true;
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, text) == 0) {
            return true;
        }
    }
    return false;
}

/* o is an object whose fields are all in `known`, which is NULL-ended. */
static bool check_fields(struct loader *l, const cJSON *o, const char *const *known)
{
    if (!cJSON_IsObject(o)) {
        return load_fail(l, "an object is needed");
    }

    for (const cJSON *c = o->child; c != NULL; c = c->next) {
        if (!is_one_of(c->string, known)) {
            return load_fail(l, "unknown field '%s'", c->string);
        }
    }

    return true;
}

static bool is_text(const cJSON *c) { return cJSON_IsString(c) && c->valuestring[0] != 0; }

static char *read_text(struct loader *l, const cJSON *o, const char *name)
{
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, name);
    if (c == NULL) {
        (void)load_fail(l, "field '%s' is missing", name); /* the caller returns false for NULL */
        return NULL;
    }

    size_t mark = pointer_enter(l, name);
    if (!is_text(c)) {
        (void)load_fail(l, "text is needed"); /* likewise */
        return NULL;
    }

    pointer_leave(l, mark);
    return build_copy(l, c->valuestring);
}

/* Reads an array of texts; *out is NULL-ended. */
static bool read_texts(struct loader *l, const cJSON *o, const char *name, const char *const **out)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(o, name);
    size_t mark = pointer_enter(l, name);
    size_t n = 0;
    if (!cJSON_IsArray(a)) {
        return load_fail(l, "an array of texts is needed");
    }

    char **v = build_own(l, calloc((size_t)cJSON_GetArraySize(a) + 1, sizeof *v));
    if (v == NULL) {
        return false;
    }

    for (const cJSON *c = a->child; c != NULL; c = c->next, n++) {
        if (!is_text(c)) {
            (void)pointer_enter_index(l, n); /* the pointer stays there after an error */
            return load_fail(l, "text is needed");
        }
        v[n] = build_copy(l, c->valuestring);
        if (v[n] == NULL) {
            return false;
        }
    }

    *out = (const char *const *)v;
    pointer_leave(l, mark);
    return true;
}

static bool read_severity(struct loader *l, const cJSON *o, enum severity *out)
{
    static const char *const names[] = { "info", "low", "medium", "high", "critical" };
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, "severity");
    size_t mark = pointer_enter(l, "severity");
    for (size_t i = 0; cJSON_IsString(c) && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], c->valuestring) == 0) {
            *out = (enum severity)(SEV_INFO + i);
            pointer_leave(l, mark);
            return true;
        }
    }

    return load_fail(l, "info, low, medium, high or critical is needed");
}

static bool read_rev(struct loader *l, const cJSON *o, unsigned *out)
{
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, "rev");
    size_t mark = pointer_enter(l, "rev");
    bool in_range = cJSON_IsNumber(c) && c->valuedouble >= 1 && c->valuedouble <= MAX_REV;
    if (!in_range || (double)(unsigned)c->valuedouble < c->valuedouble) {
        return load_fail(l, "a revision from 1 is needed");
    }

    *out = (unsigned)c->valuedouble;
    pointer_leave(l, mark);
    return true;
}

static bool read_tests(struct loader *l, const cJSON *o, struct rule *r)
{
    static const char *const known[] = { "hit", "miss", NULL };
    const cJSON *t = cJSON_GetObjectItemCaseSensitive(o, "tests");
    size_t mark = pointer_enter(l, "tests");
    if (!check_fields(l, t, known) || !read_texts(l, t, "hit", &r->hits)
        || !read_texts(l, t, "miss", &r->misses)) {
        return false;
    }

    pointer_leave(l, mark);
    return true;
}

static bool check_id(struct loader *l, const char *id)
{
    const struct rule *here = l->rules.p;
    for (size_t i = 0; i < l->rules.num; i++) {
        if (strcmp(here[i].id, id) == 0) {
            return load_fail(l, "rule id '%s' is used twice", id);
        }
    }

    for (size_t i = 0; l->base != NULL && i < l->base->num_rules; i++) {
        if (strcmp(l->base->rules[i].id, id) == 0) {
            return load_fail(l, "rule id '%s' is built in", id);
        }
    }

    return true;
}

/* id, title and why. */
static bool read_rule_texts(struct loader *l, const cJSON *o, struct rule *r)
{
    r->id = read_text(l, o, "id");
    if (r->id == NULL || !check_id(l, r->id)) {
        return false;
    }

    r->title = read_text(l, o, "title");
    if (r->title == NULL) {
        return false;
    }

    r->why = read_text(l, o, "why");
    return r->why != NULL;
}

static bool read_rule(struct loader *l, const cJSON *o)
{
    static const char *const known[] = { "id",   "rev",   "severity", "title", "why",
                                         "refs", "match", "tests",    NULL };
    struct rule r = { 0 };
    if (!check_fields(l, o, known) || !read_rule_texts(l, o, &r) || !read_rev(l, o, &r.rev)) {
        return false;
    }
    if (!read_severity(l, o, &r.severity) || !read_texts(l, o, "refs", &r.refs)
        || !read_tests(l, o, &r)) {
        return false;
    }

    size_t mark = pointer_enter(l, "match");
    if (!load_match(l, cJSON_GetObjectItemCaseSensitive(o, "match"), &r)) {
        return false;
    }

    pointer_leave(l, mark);

    struct rule *slot = vec_add(&l->rules, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }

    *slot = r;
    return true;
}

static bool is_later(const unsigned *a, const unsigned *b)
{
    for (size_t i = 0; i < VERSION_PARTS; i++) {
        if (a[i] != b[i]) {
            return a[i] > b[i];
        }
    }
    return false;
}

/* The version of a ruleset is the latest of its packs. */
static bool read_version(struct loader *l, const cJSON *o)
{
    unsigned v[VERSION_PARTS];
    unsigned latest[VERSION_PARTS] = { 0 };
    char end;
    const char *s = read_text(l, o, "version");
    if (s == NULL) {
        return false;
    }
    if (strlen(s) >= sizeof l->version
        || sscanf(s, "%4u.%2u.%6u%c", &v[0], &v[1], &v[2], &end) != VERSION_PARTS) {
        (void)pointer_enter(l, "version"); /* the pointer stays there after an error */
        return load_fail(l, "a version like 2026.11.1 is needed");
    }

    /* cannot fail: the text was checked before, or is empty and leaves zeros */
    (void)sscanf(l->version, "%4u.%2u.%6u", &latest[0], &latest[1], &latest[2]);
    if (is_later(v, latest)) {
        (void)snprintf(l->version, sizeof l->version, "%s", s); /* fits: compared above */
    }

    return true;
}

static bool read_rules(struct loader *l, const cJSON *rules)
{
    size_t mark = pointer_enter(l, "rules");
    size_t i = 0;
    if (!cJSON_IsArray(rules)) {
        return load_fail(l, "an array of rules is needed");
    }

    for (const cJSON *c = rules->child; c != NULL; c = c->next, i++) {
        size_t item = pointer_enter_index(l, i);
        if (!read_rule(l, c)) {
            return false;
        }
        pointer_leave(l, item);
    }

    pointer_leave(l, mark);
    return true;
}

static bool read_pack(struct loader *l, const cJSON *o)
{
    static const char *const known[] = { "pack", "version", "rules", NULL };
    if (!check_duplicates(l, o) || !check_fields(l, o, known)) {
        return false;
    }
    if (read_text(l, o, "pack") == NULL || !read_version(l, o)) {
        return false;
    }
    return read_rules(l, cJSON_GetObjectItemCaseSensitive(o, "rules"));
}

/* cJSON truncates a text at \u0000 and the file at a NUL, so both are refused. */
static bool parse_pack(struct loader *l, const char *text, size_t n)
{
    const char *end = NULL;
    if (memchr(text, 0, n) != NULL || strstr(text, "\\u0000") != NULL) {
        return load_fail(l, "a NUL in the file");
    }

    cJSON *o = cJSON_ParseWithLengthOpts(text, n + 1, &end, true);
    if (o == NULL) {
        size_t at = end != NULL ? (size_t)(end - text) : 0;
        return load_fail(l, "no JSON from byte %zu on", at);
    }

    bool ok = read_pack(l, o);
    cJSON_Delete(o);
    return ok;
}

static bool load_pack(struct loader *l, const char *path)
{
    size_t size = 0;
    free(l->file);
    l->file = strdup(path);
    if (l->file == NULL) {
        return load_nomem(l);
    }

    char *text = load_bytes(l, path, &size);
    bool ok = text != NULL && parse_pack(l, text, size);
    free(text);
    return ok;
}

static bool load_packs(struct loader *l, const char *dir)
{
    char **names = NULL;
    size_t n = 0;
    bool ok = load_names(l, dir, ".json", &names, &n);
    for (size_t i = 0; ok && i < n; i++) {
        char *path = path_join(dir, names[i]);
        ok = path != NULL ? load_pack(l, path) : load_nomem(l);
        free(path);
    }

    names_free(names, n);
    return ok;
}

static bool load_folders(struct loader *l, const char *dir)
{
    char *packs = path_join(dir, "packs");
    char *lists = path_join(dir, "lists");
    bool ok = false;
    if (packs == NULL || lists == NULL) {
        (void)load_nomem(l); /* ok is false */
    } else {
        ok = load_lists(l, lists) && load_packs(l, dir) && load_packs(l, packs);
    }

    free(packs);
    free(lists);
    return ok;
}

static bool load_all(struct loader *l, const char *dir, struct rule_tables *t)
{
    if (!load_folders(l, dir)) {
        return false;
    }
    if (l->rules.num == 0 && l->items.num == 0) {
        free(l->file);
        l->file = NULL;
        return load_fail(l, "no packs and no lists in %s", dir);
    }

    const uint8_t *chain = l->base != NULL ? l->base->digest : NULL;
    if (!build_finish(l, t)) {
        return false;
    }

    return rule_tables_digest(t, chain) || load_fail(l, "no SHA-256");
}

/* Tables with the blocks that their rules point to. */
struct loaded {
    struct rule_tables tables; /* first, for rule_tables_free() */
    struct vec owned;
};

struct rule_tables *rule_tables_load(const char *dir, const struct rule_tables *base, char **why)
{
    struct loader l = { .base = base };
    struct loaded *k = calloc(1, sizeof *k);
    *why = NULL;
    if (k == NULL) {
        (void)load_nomem(&l); /* NULL is returned */
        *why = l.why;
        return NULL;
    }

    bool ok = load_all(&l, dir, &k->tables);
    k->owned = l.owned;
    l.owned = (struct vec){ 0 };
    if (!ok) {
        *why = l.why;
        l.why = NULL;
        rule_tables_free(&k->tables);
    }

    build_done(&l);
    return ok ? &k->tables : NULL;
}

void rule_tables_free(struct rule_tables *t)
{
    if (t == NULL) {
        return;
    }

    struct loaded *k = (struct loaded *)t; /* its first member */
    void *arrays[] = { (void *)t->pool,   (void *)t->nodes,    (void *)t->kids,
                       (void *)t->values, (void *)t->patterns, (void *)t->entries,
                       (void *)t->lines,  (void *)t->lists,    (void *)t->rules };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(arrays[i]);
    }

    for (size_t i = 0; i < k->owned.num; i++) {
        free(((void **)k->owned.p)[i]);
    }

    free(k->owned.p);
    free(k);
}
