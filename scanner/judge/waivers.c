#include "waivers.h"

#include "../../parsers/base/limits.h"
#include "../report/jsonw.h"
#include "../util/hex.h"
#include "../util/sha256.h"
#include "../util/vec.h"
#include "../util/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct waiver {
    const char *rule;
    const char *reason;
    uint8_t sha256[32];
};
struct waivers {
    struct json *json; /* owns every text below */
    const char **allow;
    size_t num_allow;
    struct waiver *waivers;
    size_t num_waivers;
    char **warnings;
    size_t num_warnings;
    enum severity fail_on;
    uint8_t digest[32];
};

struct load {
    struct waivers *p;
    const struct ruleset *rules;
    const char *path;
    char **why;
};

static bool policy_error(struct load *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *l->why = text_message(l->path, format, args);
    va_end(args);
    return false;
}

static bool warn(struct waivers *p, const char *rule, const char *what)
{
    if (!vec_extend(&p->warnings, p->num_warnings, sizeof *p->warnings)) {
        return false;
    }
    if (asprintf(&p->warnings[p->num_warnings], "waiver for %s: %s", rule, what) < 0) {
        return false;
    }
    p->num_warnings++;
    return true;
}

/* --- the file --------------------------------------------------------------------------- */

static uint8_t *read_file(struct load *l, size_t *n)
{
    FILE *f = fopen(l->path, "re");
    uint8_t *buf = f != NULL ? malloc(BOUND_policy_bytes) : NULL;
    bool ok = buf != NULL;
    if (f == NULL) {
        (void)policy_error(l, "%s", strerror(errno));
    }
    if (ok) {
        *n = fread(buf, 1, BOUND_policy_bytes, f);
        ok = !ferror(f) && *n < BOUND_policy_bytes;
        ok = ok || policy_error(l, "cannot be read, or too large for a policy");
    }
    if (f != NULL) {
        fclose(f);
    }
    if (!ok) {
        free(buf);
        buf = NULL;
    }
    return buf;
}

static bool known_keys(struct load *l, const struct json *o, const char *const *keys,
                       const char *what)
{
    const char *unknown = json_unknown_key(o, keys);
    return unknown == NULL || policy_error(l, "%s has an unknown field \"%s\"", what, unknown);
}

static bool read_allow(struct load *l, const struct json *arr)
{
    size_t i = 0;
    for (const struct json *item = json_after(arr, NULL); item != NULL;
         item = json_after(arr, item), i++) {
        const char *name = json_string(item);
        if (name == NULL || strchr(name, '.') == NULL || strpbrk(name, "* \t") != NULL) {
            return policy_error(l, "/allow/%zu is no module.name (there are no wildcards)", i);
        }
        if (!vec_extend(&l->p->allow, i, sizeof *l->p->allow)) {
            return false;
        }
        l->p->allow[l->p->num_allow++] = name;
    }
    return true;
}

/* The end of that day, UTC. */
static bool expired(const char *day, bool *is)
{
    struct tm tm = { 0 };
    const char *end = day == NULL ? NULL : strptime(day, "%Y-%m-%d", &tm);
    *is = end != NULL && timegm(&tm) + 86400 <= time(NULL);
    return end != NULL && (*end == 0 || *end == 'T');
}

static bool rule_exists(const struct ruleset *rules, const char *id)
{
    for (size_t i = 0; i < rules_count(rules); i++) {
        if (strcmp(rules_at(rules, i)->id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_waiver(struct load *l, const struct json *o, size_t i)
{
    static const char *const keys[] = { "rule", "sha256", "reason", "expires", NULL };
    struct waiver w = { json_string(json_get(o, "rule")),
                        json_string(json_get(o, "reason")),
                        { 0 } };
    bool old;
    char what[64];
    snprintf(what, sizeof what, "/waivers/%zu", i);
    if (!known_keys(l, o, keys, what)) {
        return false;
    }
    if (w.rule == NULL || w.reason == NULL || w.reason[0] == 0
        || !hex_decode(json_string(json_get(o, "sha256")), w.sha256, 32)) {
        return policy_error(l, "%s needs rule, sha256 (64 lower-case digits) and reason", what);
    }
    if (!expired(json_string(json_get(o, "expires")), &old)) {
        return policy_error(l, "%s needs expires, a day as in 2027-01-31", what);
    }
    if (old || !rule_exists(l->rules, w.rule)) {
        return warn(l->p, w.rule, old ? "it has expired" : "there is no such rule");
    }
    if (!vec_extend(&l->p->waivers, l->p->num_waivers, sizeof w)) {
        return false;
    }
    l->p->waivers[l->p->num_waivers++] = w;
    return true;
}

static bool read_waivers(struct load *l, const struct json *arr)
{
    size_t i = 0;
    for (const struct json *item = json_after(arr, NULL); item != NULL;
         item = json_after(arr, item), i++) {
        if (!read_waiver(l, item, i)) {
            return false;
        }
    }
    return true;
}

static bool read_fail_on(struct load *l, const struct json *j)
{
    const char *text = json_string(j);
    if (j == NULL) {
        return true;
    }
    if (text != NULL && strcmp(text, "malicious") == 0) {
        l->p->fail_on = SEV_HIGH;
        return true;
    }
    l->p->fail_on = SEV_MEDIUM;
    return (text != NULL && strcmp(text, "suspicious") == 0)
           || policy_error(l, "/fail_on is neither suspicious nor malicious");
}

static bool read_policy(struct load *l, struct bytes text)
{
    static const char *const keys[] = { "fail_on", "allow", "waivers", NULL };
    const char *why;
    struct json *j = l->p->json = json_parse(text, &why);
    const struct json *allow = json_get(j, "allow"), *waivers = json_get(j, "waivers");
    if (j == NULL) {
        return policy_error(l, "%s", why);
    }
    bool arrays =
        (allow == NULL || json_is_array(allow)) && (waivers == NULL || json_is_array(waivers));
    if (!json_is_object(j) || !arrays) {
        return policy_error(l, "no policy: an object with fail_on, allow, waivers");
    }
    sha256_of(text, l->p->digest);
    return known_keys(l, j, keys, "the policy") && read_fail_on(l, json_get(j, "fail_on"))
           && read_allow(l, allow) && read_waivers(l, waivers);
}

struct waivers *waivers_load(const char *path, const struct ruleset *rules, char **why)
{
    struct load l = { calloc(1, sizeof(struct waivers)), rules, path, why };
    size_t n = 0;
    *why = NULL;
    uint8_t *text = l.p != NULL ? read_file(&l, &n) : NULL;
    bool ok = text != NULL && read_policy(&l, (struct bytes){ text, n });
    free(text);
    if (!ok) {
        waivers_free(l.p);
        return NULL;
    }
    return l.p;
}

void waivers_free(struct waivers *p)
{
    if (p != NULL) {
        for (size_t i = 0; i < p->num_warnings; i++) {
            free(p->warnings[i]);
        }
        free(p->warnings);
        free(p->allow);
        free(p->waivers);
        json_free(p->json);
        free(p);
    }
}

enum severity waivers_fail_on(const struct waivers *p) { return p->fail_on; }
const uint8_t *waivers_digest(const struct waivers *p) { return p->digest; }
size_t waivers_num_warnings(const struct waivers *p) { return p->num_warnings; }
const char *waivers_warning(const struct waivers *p, size_t i) { return p->warnings[i]; }

/* --- applying it ------------------------------------------------------------------------- */

static const char *waived(const struct waivers *p, const struct file_report *f,
                          const struct finding *found)
{
    for (size_t i = 0; f->hashed && i < p->num_waivers; i++) {
        if (strcmp(p->waivers[i].rule, found->rule->id) == 0
            && memcmp(p->waivers[i].sha256, f->sha256, 32) == 0) {
            return p->waivers[i].reason;
        }
    }
    return NULL;
}

/* Only what is suspicious can be allowed by name; what is dangerous takes a waiver. */
static bool allowed(const struct waivers *p, const struct finding *found)
{
    if (found->global == NULL || found->rule->severity > SEV_MEDIUM) {
        return false;
    }
    for (size_t i = 0; i < p->num_allow; i++) {
        if (strcmp(p->allow[i], found->global) == 0) {
            return true;
        }
    }
    return false;
}

/* Findings beyond the cap are only counted, so a rule with some of them stands unless it is
 * waived as a whole. */
bool waivers_apply(const struct waivers *p, struct file_report *f)
{
    enum severity worst = SEV_NONE;
    for (size_t i = 0; i < f->num_findings; i++) {
        struct finding *found = &f->findings[i];
        const char *reason = waived(p, f, found);
        bool by_name = reason == NULL && allowed(p, found);
        if (reason != NULL || by_name) {
            found->waived = strdup(by_name ? "allowed by the policy" : reason);
            if (found->waived == NULL) {
                return false;
            }
        }
        bool counts = found->waived == NULL || (by_name && found->more > 0);
        worst = counts && found->rule->severity > worst ? found->rule->severity : worst;
    }
    f->worst = worst;
    return true;
}
