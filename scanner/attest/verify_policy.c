/* verify_policy.c - the verify policy: who may sign what, and what a scan must say.
 *
 *   {"rules": [{"paths":   ["released-*"],        fnmatch on the model's path as given, or its name; none: all
 *               "signers": [{"key": "ci.pub", "types": ["scan"]}, {"ca": "ca.pem", "identity": "ci@example.org"}],
 *               "require": ["scan", "oms"],            kinds of statement there must be; default scan
 *               "max_age": "30d", "rulesets": [HEX], "min_scanner": "0.1.0", "verdicts": ["PASSED", "WARNED"],
 *               "allow": ["waivers", "no-sandbox", "gaps"]}]}
 *
 * The first rule whose paths match decides; a model without a rule is refused.  Files
 * are looked for beside the policy.  What is not known is an error: a misspelt demand
 * would be no demand. */
#include "requirements.h"

#include "../report/jsonw.h"
#include "../util/file_io.h"
#include "duration.h"
#include "statement.h"
#include "../util/hex.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_POLICY (1u << 20) /* bytes */

struct gate {
    const char *path, *model;
    struct requirements *out;
    char **why;
};

static bool policy_error(struct gate *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool policy_error(struct gate *g, const char *format, ...)
{
    char *what = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&what, format, args);
    va_end(args);
    if (n < 0 || asprintf(g->why, "%s: %s", g->path, what) < 0) {
        *g->why = NULL;
    }
    if (n >= 0) {
        free(what);
    }
    return false;
}

static bool known_keys(struct gate *g, const struct json *obj, const char *const *keys,
                       const char *what)
{
    if (!json_is_object(obj)) {
        return policy_error(g, "%s is no object", what);
    }
    for (const struct json *i = json_after(obj, NULL); i != NULL; i = json_after(obj, i)) {
        const char *const *k = keys;
        while (*k != NULL && strcmp(*k, json_key(i)) != 0) {
            k++;
        }
        if (*k == NULL) {
            return policy_error(g, "%s: unknown field '%s'", what, json_key(i));
        }
    }
    return true;
}

/* Calls use() for each text of an array; an absent array has none. */
static bool each_text(struct gate *g, const struct json *obj, const char *field,
                      bool (*use)(struct gate *g, const char *text, void *to), void *to)
{
    const struct json *arr = json_get(obj, field);
    if (arr != NULL && (!json_is_array(arr) || json_at(arr, 0) == NULL)) {
        return policy_error(g, "%s is no list, or an empty one", field);
    }
    for (const struct json *i = json_after(arr, NULL); i != NULL; i = json_after(arr, i)) {
        if (json_string(i) == NULL || !use(g, json_string(i), to)) {
            return *g->why != NULL ? false
                                   : policy_error(g, "%s: '%s' is not known", field,
                                                  json_string(i) != NULL ? json_string(i) : "");
        }
    }
    return true;
}

static bool use_type(struct gate *g, const char *text, void *to)
{
    (void)g; /* fixed shape */
    unsigned bit = strcmp(text, "scan") == 0          ? TYPE_SCAN
                   : strcmp(text, "oms") == 0         ? TYPE_OMS
                   : strcmp(text, "test-result") == 0 ? TYPE_TEST
                                                      : 0;
    *(unsigned *)to |= bit;
    return bit != 0;
}

static bool use_ruleset(struct gate *g, const char *text, void *to)
{
    uint8_t sha[32];
    (void)to; /* fixed shape */
    return hex_decode(text, sha, sizeof sha) && requirements_add_ruleset(g->out, text);
}

static bool use_verdict(struct gate *g, const char *text, void *to)
{
    (void)to; /* fixed shape */
    g->out->allow_warned |= strcmp(text, "WARNED") == 0;
    return strcmp(text, "PASSED") == 0 || strcmp(text, "WARNED") == 0;
}

static bool use_allow(struct gate *g, const char *text, void *to)
{
    (void)to; /* fixed shape */
    bool *flag = strcmp(text, "waivers") == 0      ? &g->out->allow_waivers
                 : strcmp(text, "no-sandbox") == 0 ? &g->out->allow_unsandboxed
                 : strcmp(text, "gaps") == 0       ? &g->out->allow_gaps
                                                   : NULL;
    if (flag != NULL) {
        *flag = true;
    }
    return flag != NULL;
}

static bool use_path(struct gate *g, const char *pattern, void *to)
{
    const char *slash = strrchr(g->model, '/');
    *(bool *)to |= fnmatch(pattern, g->model, 0) == 0
                   || fnmatch(pattern, slash != NULL ? slash + 1 : g->model, 0) == 0;
    return true;
}

/* A name in the policy, beside the policy. */
static char *beside(const struct gate *g, const char *name)
{
    const char *slash = strrchr(g->path, '/');
    char *out = NULL;
    int n = slash != NULL && name[0] != '/' ? (int)(slash + 1 - g->path) : 0;
    return asprintf(&out, "%.*s%s", n, g->path, name) >= 0 ? out : NULL;
}

static bool read_signer(struct gate *g, const struct json *o)
{
    static const char *const keys[] = { "key", "ca", "identity", "types", NULL };
    const char *key = json_string(json_get(o, "key")), *ca = json_string(json_get(o, "ca")),
               *why = NULL;
    const char *identity = json_string(json_get(o, "identity"));
    struct signer s = { .types = 0 };
    if (!known_keys(g, o, keys, "a signer") || !each_text(g, o, "types", use_type, &s.types)) {
        return false;
    }
    if ((key == NULL) == (ca == NULL) || (ca != NULL) != (identity != NULL)) {
        return policy_error(g, "a signer needs either key, or ca and identity");
    }
    s.types = s.types == 0 ? TYPE_SCAN | TYPE_OMS | TYPE_TEST : s.types;
    char *path = beside(g, key != NULL ? key : ca);
    if (path == NULL) {
        return false;
    }
    if (key != NULL) {
        s.key = key_load(path, false, NULL, &why);
    } else {
        s.roots = certs_load_roots(path, &why);
        s.identity = strdup(identity);
    }
    bool ok = s.key != NULL || (s.roots != NULL && s.identity != NULL)
              || policy_error(g, "%s: %s", path, why != NULL ? why : "out of memory");
    free(path);
    return requirements_add_signer(g->out, s) && ok;
}

static bool read_rule(struct gate *g, const struct json *o)
{
    const struct json *signers = json_get(o, "signers"), *age = json_get(o, "max_age"),
                      *min = json_get(o, "min_scanner");
    struct requirements *d = g->out;
    for (const struct json *s = json_after(signers, NULL); s != NULL; s = json_after(signers, s)) {
        if (!read_signer(g, s)) {
            return false;
        }
    }
    if (d->num_signers == 0) {
        return policy_error(g, "a rule without signers");
    }
    if (age != NULL
        && (json_string(age) == NULL || (d->max_age_s = duration_seconds(json_string(age))) == 0)) {
        return policy_error(g, "max_age is none (30d, 12h)");
    }
    if (min != NULL
        && (json_string(min) == NULL || (d->min_scanner = strdup(json_string(min))) == NULL)) {
        return policy_error(g, "min_scanner is no text");
    }
    bool ok = each_text(g, o, "require", use_type, &d->types)
              && each_text(g, o, "rulesets", use_ruleset, NULL)
              && each_text(g, o, "verdicts", use_verdict, NULL)
              && each_text(g, o, "allow", use_allow, NULL);
    d->types = d->types == 0 ? TYPE_SCAN : d->types;
    return ok;
}

/* The shape of every rule is checked, also of those that are for other models. */
static bool read_rules(struct gate *g, const struct json *rules)
{
    static const char *const keys[] = { "paths",       "signers",  "require", "max_age", "rulesets",
                                        "min_scanner", "verdicts", "allow",   NULL };
    const struct json *mine = NULL;
    for (const struct json *o = json_after(rules, NULL); o != NULL; o = json_after(rules, o)) {
        bool match = json_get(o, "paths") == NULL;
        if (!known_keys(g, o, keys, "a rule") || !each_text(g, o, "paths", use_path, &match)) {
            return false;
        }
        mine = mine == NULL && match ? o : mine;
    }
    return mine != NULL ? read_rule(g, mine) : policy_error(g, "no rule is for %s", g->model);
}

bool verify_policy_load(const char *path, const char *model, struct requirements *out, char **why)
{
    static const char *const keys[] = { "rules", NULL };
    struct gate g = { path, model, out, why };
    const char *reason = NULL;
    size_t n = 0;
    *why = NULL;
    uint8_t *text = input_read(path, MAX_POLICY, &n, &reason);
    struct json *j = text != NULL ? json_parse((struct bytes){ text, n }, &reason) : NULL;
    bool ok = j == NULL ? policy_error(&g, "%s", reason)
                        : known_keys(&g, j, keys, "the policy")
                              && (json_is_array(json_get(j, "rules"))
                                  || policy_error(&g, "rules is no list"))
                              && read_rules(&g, json_get(j, "rules"));
    json_free(j);
    free(text);
    return ok;
}
