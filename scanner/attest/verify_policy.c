#include "verify_policy.h"

#include "../report/jsonw.h"
#include "../util/file_io.h"
#include "statement.h"
#include "../util/hex.h"
#include "../util/text.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_POLICY (1u << 20) /* bytes */

/* The policy that is being read. */
struct policy {
    /* The path of the policy file, and that of the model. */
    const char *path, *model;
    struct requirements *out;
    char **why;
};

/* Sets the message. Returns false. */
static bool policy_error(struct policy *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool policy_error(struct policy *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    *p->why = text_message(p->path, format, args);
    va_end(args);
    return false;
}

static bool check_keys(struct policy *p, const struct json *obj, const char *const *keys,
                       const char *what)
{
    if (!json_is_object(obj)) {
        return policy_error(p, "%s is not an object", what);
    }

    const char *unknown = json_unknown_key(obj, keys);
    return unknown == NULL || policy_error(p, "%s: unknown field '%s'", what, unknown);
}

/* Calls add() for each text of an array; a missing array has none. */
static bool each_text(struct policy *p, const struct json *obj, const char *field,
                      bool (*add)(struct policy *p, const char *text, void *to), void *to)
{
    const struct json *arr = json_get(obj, field);
    if (arr != NULL && (!json_is_array(arr) || json_at(arr, 0) == NULL)) {
        return policy_error(p, "%s is not a list, or an empty one", field);
    }

    for (const struct json *i = json_after(arr, NULL); i != NULL; i = json_after(arr, i)) {
        const char *text = json_string(i);
        if (text != NULL && add(p, text, to)) {
            continue;
        }
        if (*p->why != NULL) {
            return false;
        }
        return policy_error(p, "%s: '%s' is not known", field, text != NULL ? text : "");
    }
    return true;
}

/* --- values: each function adds one text of a list, and returns false for an unknown one --- */

static bool add_type(struct policy *p, const char *text, void *to)
{
    unsigned *types = to;
    unsigned type = statement_type(text);
    (void)p; /* unused: the signature is that of all values */
    *types |= type;
    return type != 0;
}

static bool add_ruleset(struct policy *p, const char *text, void *to)
{
    uint8_t sha[32];
    (void)to; /* unused: the value goes to p->out */
    return hex_decode(text, sha, sizeof sha) && requirements_add_ruleset(p->out, text);
}

static bool add_verdict(struct policy *p, const char *text, void *to)
{
    bool warned = strcmp(text, "WARNED") == 0;
    (void)to; /* unused: the value goes to p->out */
    p->out->allow_warned |= warned;
    return warned || strcmp(text, "PASSED") == 0;
}

static bool add_allowed(struct policy *p, const char *text, void *to)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = { { "waivers", &p->out->allow_waivers },
                  { "no-sandbox", &p->out->allow_unsandboxed },
                  { "gaps", &p->out->allow_gaps } };

    (void)to; /* unused: the value goes to p->out */
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(text, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool match_path(struct policy *p, const char *pattern, void *to)
{
    bool *matches = to;
    const char *slash = strrchr(p->model, '/');
    const char *name = slash != NULL ? slash + 1 : p->model;
    *matches |= fnmatch(pattern, p->model, 0) == 0 || fnmatch(pattern, name, 0) == 0;
    return true;
}

/* --- rules ---------------------------------------------------------------------------- */

/* Resolves a path in the policy, which is relative to the folder of the policy. Heap. */
static char *resolve_path(const struct policy *p, const char *path)
{
    const char *slash = strrchr(p->path, '/');
    char *out = NULL;
    int n = slash != NULL && path[0] != '/' ? (int)(slash + 1 - p->path) : 0;
    return asprintf(&out, "%.*s%s", n, p->path, path) >= 0 ? out : NULL;
}

static bool load_signer_key(struct policy *p, const char *path, struct signer *s)
{
    const char *why = NULL;
    s->key = key_load(path, false, NULL, &why);
    return s->key != NULL || policy_error(p, "%s: %s", path, why);
}

static bool load_signer_roots(struct policy *p, const char *path, const char *identity,
                              struct signer *s)
{
    const char *why = "out of memory";
    s->identity = strdup(identity);
    if (s->identity != NULL) {
        s->roots = certs_load_roots(path, &why);
    }
    return s->roots != NULL || policy_error(p, "%s: %s", path, why);
}

static bool read_signer(struct policy *p, const struct json *o)
{
    static const char *const keys[] = { "key", "ca", "identity", "types", NULL };
    const char *key = json_string(json_get(o, "key"));
    const char *ca = json_string(json_get(o, "ca"));
    const char *identity = json_string(json_get(o, "identity"));
    struct signer s = { .types = 0 };

    if (!check_keys(p, o, keys, "a signer") || !each_text(p, o, "types", add_type, &s.types)) {
        return false;
    }
    if ((key == NULL) == (ca == NULL) || (ca != NULL) != (identity != NULL)) {
        return policy_error(p, "a signer needs either key, or ca and identity");
    }
    if (s.types == 0) {
        s.types = TYPE_ANY;
    }

    char *path = resolve_path(p, key != NULL ? key : ca);
    if (path == NULL) {
        return false;
    }
    bool ok;
    if (key != NULL) {
        ok = load_signer_key(p, path, &s);
    } else {
        ok = load_signer_roots(p, path, identity, &s);
    }
    free(path);
    return requirements_add_signer(p->out, s) && ok;
}

static bool read_signers(struct policy *p, const struct json *list)
{
    for (const struct json *s = json_after(list, NULL); s != NULL; s = json_after(list, s)) {
        if (!read_signer(p, s)) {
            return false;
        }
    }
    return p->out->num_signers > 0 || policy_error(p, "a rule without signers");
}

static bool read_max_age(struct policy *p, const struct json *age)
{
    if (age == NULL) {
        return true;
    }
    const char *text = json_string(age);
    return (text != NULL && requirements_set_max_age(p->out, text))
           || policy_error(p, "invalid max_age (expected 30d, 12h)");
}

static bool read_min_scanner(struct policy *p, const struct json *min)
{
    if (min == NULL) {
        return true;
    }
    if (json_string(min) != NULL) {
        p->out->min_scanner = strdup(json_string(min));
    }
    return p->out->min_scanner != NULL || policy_error(p, "min_scanner is not a text");
}

static bool read_rule(struct policy *p, const struct json *o)
{
    struct requirements *d = p->out;
    if (!read_signers(p, json_get(o, "signers")) || !read_max_age(p, json_get(o, "max_age"))
        || !read_min_scanner(p, json_get(o, "min_scanner"))) {
        return false;
    }

    bool ok = each_text(p, o, "require", add_type, &d->types)
              && each_text(p, o, "rulesets", add_ruleset, NULL)
              && each_text(p, o, "verdicts", add_verdict, NULL)
              && each_text(p, o, "allow", add_allowed, NULL);
    if (d->types == 0) {
        d->types = TYPE_SCAN;
    }
    return ok;
}

/* Reads the first rule that matches; the keys of all rules are checked. */
static bool read_rules(struct policy *p, const struct json *rules)
{
    static const char *const keys[] = { "paths",       "signers",  "require", "max_age", "rulesets",
                                        "min_scanner", "verdicts", "allow",   NULL };
    const struct json *first = NULL;
    for (const struct json *o = json_after(rules, NULL); o != NULL; o = json_after(rules, o)) {
        bool matches = json_get(o, "paths") == NULL;
        if (!check_keys(p, o, keys, "a rule") || !each_text(p, o, "paths", match_path, &matches)) {
            return false;
        }
        if (first == NULL && matches) {
            first = o;
        }
    }

    if (first == NULL) {
        return policy_error(p, "no policy rule matches %s", p->model);
    }
    return read_rule(p, first);
}

static bool read_policy(struct policy *p, const struct json *o)
{
    static const char *const keys[] = { "rules", NULL };
    const struct json *rules = json_get(o, "rules");
    if (!check_keys(p, o, keys, "the policy")) {
        return false;
    }
    if (!json_is_array(rules)) {
        return policy_error(p, "rules is not a list");
    }
    return read_rules(p, rules);
}

bool verify_policy_load(const char *path, const char *model, struct requirements *out, char **why)
{
    struct policy p = { path, model, out, why };
    const char *reason = NULL;
    size_t n = 0;
    *why = NULL;
    int err;
    uint8_t *text = input_read(path, MAX_POLICY, &n, &err);
    if (text == NULL) {
        return policy_error(&p, "%s", input_error(err));
    }

    struct json *o = json_parse((struct bytes){ text, n }, &reason);
    bool ok = o != NULL ? read_policy(&p, o) : policy_error(&p, "%s", reason);
    json_free(o);
    free(text);
    return ok;
}
