/* load.c - rule packs in JSON, read strictly.
 *
 * A pack is {"pack": "zip", "version": "2026.11.1", "rules": [...]}.  Every
 * mistake is an error with its file and JSON pointer; nothing is skipped. */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "build.h"

static bool no_duplicates(struct loader *l, const cJSON *o)
{
    size_t i = 0;
    for (const cJSON *c = o->child; c; c = c->next, i++) {
        size_t mark = c->string ? at_name(l, c->string) : at_index(l, i);
        for (const cJSON *d = o->child; c->string && d != c; d = d->next) {
            if (strcmp(c->string, d->string) == 0) {
                return load_fail(l, "the key occurs twice");
            }
        }
        if (!no_duplicates(l, c)) { /* as deep as cJSON reads: 1000 */
            return false;
        }
        at_back(l, mark);
    }
    return true;
}

static bool known_fields(struct loader *l, const cJSON *o, const char *const *known)
{
    if (!cJSON_IsObject(o)) {
        return load_fail(l, "an object is needed");
    }
    for (const cJSON *c = o->child; c; c = c->next) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], c->string) != 0) {
            i++;
        }
        if (!known[i]) {
            return load_fail(l, "unknown field '%s'", c->string);
        }
    }
    return true;
}

static char *read_text(struct loader *l, const cJSON *o, const char *name)
{
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, name);
    if (!c) {
        (void)load_fail(l, "field '%s' is missing", name); /* NULL tells the caller */
        return NULL;
    }
    size_t mark = at_name(l, name);
    if (!cJSON_IsString(c) || !*c->valuestring) {
        (void)load_fail(l, "text is needed"); /* NULL tells the caller */
        return NULL;
    }
    at_back(l, mark);
    return build_keep(l, c->valuestring);
}

/* A NULL-ended array of texts; an absent one is empty. */
static bool read_texts(struct loader *l, const cJSON *o, const char *name, const char *const **out)
{
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(o, name);
    size_t mark = at_name(l, name), n = 0;
    if (!a || !cJSON_IsArray(a)) {
        return load_fail(l, "an array of texts is needed");
    }
    char **v = build_own(l, calloc((size_t)cJSON_GetArraySize(a) + 1, sizeof *v));
    for (const cJSON *c = a->child; v && c; c = c->next, n++) {
        if (!cJSON_IsString(c) || !*c->valuestring) {
            (void)at_index(l, n); /* failing: no way back needed */
            return load_fail(l, "text is needed");
        }
        v[n] = build_keep(l, c->valuestring);
        if (!v[n]) {
            return false;
        }
    }
    *out = (const char *const *)v;
    at_back(l, mark);
    return v != NULL;
}

static bool read_severity(struct loader *l, const cJSON *o, enum severity *out)
{
    static const char *const names[] = { "info", "low", "medium", "high", "critical" };
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, "severity");
    size_t mark = at_name(l, "severity");
    for (size_t i = 0; cJSON_IsString(c) && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], c->valuestring) == 0) {
            *out = (enum severity)(SEV_INFO + i);
            at_back(l, mark);
            return true;
        }
    }
    return load_fail(l, "info, low, medium, high or critical is needed");
}

static bool read_rev(struct loader *l, const cJSON *o, unsigned *out)
{
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(o, "rev");
    size_t mark = at_name(l, "rev");
    if (!cJSON_IsNumber(c) || c->valuedouble < 1 || c->valuedouble > 1000000
        || (double)(unsigned)c->valuedouble < c->valuedouble) {
        return load_fail(l, "a revision from 1 is needed");
    }
    *out = (unsigned)c->valuedouble;
    at_back(l, mark);
    return true;
}

static bool read_tests(struct loader *l, const cJSON *o, struct rule *r)
{
    static const char *const known[] = { "hit", "miss", NULL };
    const cJSON *t = cJSON_GetObjectItemCaseSensitive(o, "tests");
    size_t mark = at_name(l, "tests");
    if (!known_fields(l, t, known) || !read_texts(l, t, "hit", &r->hits)
        || !read_texts(l, t, "miss", &r->misses)) {
        return false;
    }
    at_back(l, mark);
    return true;
}

static bool id_is_new(struct loader *l, const char *id)
{
    const struct rule *here = l->rules.p;
    for (size_t i = 0; i < l->rules.num; i++) {
        if (strcmp(here[i].id, id) == 0) {
            return load_fail(l, "rule id '%s' is used twice", id);
        }
    }
    for (size_t i = 0; l->base && i < l->base->num_rules; i++) {
        if (strcmp(l->base->rules[i].id, id) == 0) {
            return load_fail(l, "rule id '%s' is built in", id);
        }
    }
    return true;
}

static bool read_rule(struct loader *l, const cJSON *o)
{
    static const char *const known[] = { "id",   "rev",   "severity", "title", "why",
                                         "refs", "match", "tests",    NULL };
    struct rule r = { 0 };
    if (!known_fields(l, o, known) || !(r.id = read_text(l, o, "id")) || !id_is_new(l, r.id)
        || !(r.title = read_text(l, o, "title")) || !(r.why = read_text(l, o, "why"))
        || !read_rev(l, o, &r.rev) || !read_severity(l, o, &r.severity)
        || !read_texts(l, o, "refs", &r.refs) || !read_tests(l, o, &r)) {
        return false;
    }
    size_t mark = at_name(l, "match");
    if (!load_match(l, cJSON_GetObjectItemCaseSensitive(o, "match"), &r)) {
        return false;
    }
    at_back(l, mark);
    struct rule *slot = vec_add(&l->rules, sizeof *slot);
    if (!slot) {
        return load_nomem(l);
    }
    *slot = r;
    return true;
}

/* Year, month, release: the ruleset's version is the latest of its packs. */
static bool read_version(struct loader *l, const cJSON *o)
{
    unsigned v[3], w[3] = { 0, 0, 0 };
    char end;
    const char *s = read_text(l, o, "version");
    if (!s) {
        return false;
    }
    if (strlen(s) >= sizeof l->version
        || sscanf(s, "%4u.%2u.%6u%c", &v[0], &v[1], &v[2], &end) != 3) {
        (void)at_name(l, "version"); /* failing: no way back needed */
        return load_fail(l, "a version like 2026.11.1 is needed");
    }
    /* ours, checked; empty at first */
    (void)sscanf(l->version, "%4u.%2u.%6u", &w[0], &w[1], &w[2]);
    if (v[0] != w[0] ? v[0] > w[0] : v[1] != w[1] ? v[1] > w[1] : v[2] > w[2]) {
        (void)snprintf(l->version, sizeof l->version, "%s", s); /* fits, see above */
    }
    return true;
}

static bool read_pack(struct loader *l, const cJSON *o)
{
    static const char *const known[] = { "pack", "version", "rules", NULL };
    if (!no_duplicates(l, o) || !known_fields(l, o, known) || !read_text(l, o, "pack")
        || !read_version(l, o)) {
        return false;
    }
    const cJSON *rules = cJSON_GetObjectItemCaseSensitive(o, "rules");
    size_t mark = at_name(l, "rules"), i = 0;
    if (!cJSON_IsArray(rules)) {
        return load_fail(l, "an array of rules is needed");
    }
    for (const cJSON *c = rules->child; c; c = c->next, i++) {
        size_t item = at_index(l, i);
        if (!read_rule(l, c)) {
            return false;
        }
        at_back(l, item);
    }
    at_back(l, mark);
    return true;
}

/* cJSON would cut a text at \u0000 and the file at a NUL. */
static bool parse_pack(struct loader *l, const char *text, size_t n)
{
    const char *end = NULL;
    if (memchr(text, 0, n) || strstr(text, "\\u0000")) {
        return load_fail(l, "a NUL in the file");
    }
    cJSON *o = cJSON_ParseWithLengthOpts(text, n + 1, &end, true);
    if (!o) {
        return load_fail(l, "no JSON from byte %zu on", end ? (size_t)(end - text) : (size_t)0);
    }
    bool ok = read_pack(l, o);
    cJSON_Delete(o);
    return ok;
}

static bool load_packs(struct loader *l, const char *dir)
{
    char **names = NULL;
    size_t n = 0;
    bool ok = load_names(l, dir, ".json", &names, &n);
    for (size_t i = 0; ok && i < n; i++) {
        size_t size = 0;
        free(l->file);
        l->file = path_join(dir, names[i]);
        char *text = l->file ? load_bytes(l, l->file, &size) : NULL;
        ok = text && parse_pack(l, text, size);
        free(text);
    }
    names_free(names, n);
    return ok;
}

static bool load_all(struct loader *l, const char *dir, struct model *m)
{
    char *packs = path_join(dir, "packs"), *lists = path_join(dir, "lists");
    bool ok = packs && lists ? load_lists(l, lists) && load_packs(l, dir) && load_packs(l, packs)
                             : load_nomem(l);
    free(packs);
    free(lists);
    if (ok && l->rules.num == 0 && l->items.num == 0) {
        free(l->file);
        l->file = NULL;
        ok = load_fail(l, "no packs and no lists in %s", dir);
    }
    return ok && build_finish(l, m)
           && (digest_model(m, l->base ? l->base->digest : NULL) || load_fail(l, "no SHA-256"));
}

struct kept {
    struct model model;
    struct vec owned;
};

struct model *model_load(const char *dir, const struct model *base, char **why)
{
    struct loader l = { .base = base };
    struct kept *k = calloc(1, sizeof *k);
    bool ok = k ? load_all(&l, dir, &k->model) : load_nomem(&l);
    *why = NULL;
    if (k) {
        k->owned = l.owned;
        l.owned = (struct vec){ 0 };
    }
    if (!ok) {
        *why = l.why;
        l.why = NULL;
        model_free(k ? &k->model : NULL);
    }
    build_done(&l);
    return ok ? &k->model : NULL;
}

void model_free(struct model *m)
{
    if (!m) {
        return;
    }
    struct kept *k = (struct kept *)m; /* its first member */
    void *tables[] = { (void *)m->pool,   (void *)m->nodes,    (void *)m->kids,
                       (void *)m->values, (void *)m->patterns, (void *)m->entries,
                       (void *)m->lines,  (void *)m->lists,    (void *)m->rules };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        free(tables[i]);
    }
    for (size_t i = 0; i < k->owned.num; i++) {
        free(((void **)k->owned.p)[i]);
    }
    free(k->owned.p);
    free(k);
}
