#include "model_signature.h"

#include "envelope.h"
#include "statement.h"
#include "../util/hex.h"
#include "../util/vec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- written: resources in code-point order, and nothing that the schema does not name
 * ----------- */

static struct json *resources(const struct manifest *m, const struct hashing *h)
{
    struct json *list = json_arr();
    char algorithm[64];
    if (h->shard > 0) {
        snprintf(algorithm, sizeof algorithm, "%s-sharded-%" PRIu64, h->hash, h->shard);
    } else {
        snprintf(algorithm, sizeof algorithm, "%s", h->hash);
    }
    for (size_t i = 0; i < m->n; i++) {
        struct json *r = json_obj();
        json_set(r, "name", json_text(m->all[i].name));
        json_set(r, "digest", json_hex((struct bytes){ m->all[i].digest, m->digest_size }));
        json_set(r, "algorithm", json_text(algorithm));
        json_push(list, r);
    }
    return list;
}

static struct json *settings(const struct model *m, const struct hashing *h)
{
    struct json *o = json_obj(), *ignore = json_arr();
    json_set(o, "method", json_text(h->shard > 0 ? "shards" : "files"));
    json_set(o, "hash_type", json_text(h->hash));
    json_set(o, "allow_symlinks", json_bool(m->allow_symlinks));
    if (h->shard > 0) {
        json_set(o, "shard_size", json_u64(h->shard));
    }
    for (size_t i = 0; i < m->num_ignore; i++) {
        json_push(ignore, json_text(m->ignore[i]));
    }
    if (m->num_ignore > 0) {
        json_set(o, "ignore_paths", ignore);
    } else {
        json_free(ignore);
    }
    return o;
}

static char *write_statement(const struct model *m, const struct hashing *h,
                             const struct manifest *found)
{
    uint8_t root[32];
    char *name = model_name(m->path);
    struct json *o = json_obj(), *subjects = json_arr(), *predicate = json_obj();
    manifest_root(found, root);
    json_push(subjects, name != NULL ? statement_subject(name, root) : NULL);
    json_set(predicate, "resources", resources(found, h));
    json_set(predicate, "serialization", settings(m, h));
    json_set(o, "_type", json_text(STATEMENT_TYPE));
    json_set(o, "subject", subjects);
    json_set(o, "predicateType", json_text(PREDICATE_OMS));
    json_set(o, "predicate", predicate);
    char *text = name != NULL ? json_print(o, false) : NULL;
    json_free(o);
    free(name);
    return text;
}

char *model_signature_statement(const struct model *m, const struct hashing *h, struct failures *c)
{
    struct manifest found = { 0 };
    char *text = NULL;
    if (model_read(m, h, c, &found)) {
        if (found.n == 0) {
            fail(c, FAIL_EMPTY, NULL, "there is no file to sign");
        } else if ((text = write_statement(m, h, &found)) == NULL) {
            fail(c, FAIL_MEMORY, NULL, "out of memory");
        }
    }
    manifest_done(&found);
    return text;
}

/* --- read
 * -------------------------------------------------------------------------------------- */

static bool policy_error(struct failures *c, const char *what)
{
    fail(c, FAIL_STATEMENT, NULL, "no model signature (v1.0): %s", what);
    return false;
}

static bool only_keys(const struct json *obj, const char *const *keys)
{
    return json_is_object(obj) && json_unknown_key(obj, keys) == NULL;
}

static bool read_ignore(const struct json *list, struct failures *c, struct model_signature *out)
{
    for (const struct json *i = json_after(list, NULL); i != NULL; i = json_after(list, i)) {
        if (json_string(i) == NULL) {
            return policy_error(c, "ignore_paths");
        }
        if (!vec_extend(&out->ignore, out->num_ignore, sizeof *out->ignore)) {
            return policy_error(c, "out of memory");
        }
        out->ignore[out->num_ignore++] = json_string(i);
    }
    return true;
}

static bool read_settings(const struct json *s, struct failures *c, struct model_signature *out)
{
    static const char *const keys[] = { "method",     "hash_type",    "allow_symlinks",
                                        "shard_size", "ignore_paths", NULL };
    const char *method = json_string(json_get(s, "method")),
               *hash = json_string(json_get(s, "hash_type"));
    const struct json *shard = json_get(s, "shard_size");
    if (!only_keys(s, keys) || method == NULL || hash == NULL) {
        return policy_error(c, "serialization");
    }
    if (!hash_is_known(hash)) {
        fail(c, FAIL_HASH, NULL, "the hash %s is not known here", hash);
        return false;
    }
    bool shards = strcmp(method, "shards") == 0;
    out->hashing = (struct hashing){ hash, shards && shard == NULL ? DEFAULT_SHARD : 0 };
    out->allow_symlinks = json_true(json_get(s, "allow_symlinks"));
    if (shards && shard != NULL
        && (!json_count(shard, &out->hashing.shard) || out->hashing.shard == 0)) {
        return policy_error(c, "shard_size");
    }
    if (!shards && strcmp(method, "files") != 0) {
        return policy_error(c, "method");
    }
    return read_ignore(json_get(s, "ignore_paths"), c, out);
}

static bool read_resource(const struct json *r, const char *model, struct failures *c,
                          struct model_signature *out)
{
    static const char *const keys[] = { "name", "digest", "algorithm", NULL };
    const char *name = json_string(json_get(r, "name")), *hex = json_string(json_get(r, "digest"));
    const char *algorithm = json_string(json_get(r, "algorithm"));
    size_t n = strlen(out->hashing.hash);
    uint8_t digest[MAX_DIGEST];
    if (!only_keys(r, keys) || name == NULL || algorithm == NULL
        || !hex_decode(hex, digest, out->listed.digest_size)) {
        return policy_error(c, "resources");
    }
    if (strncmp(algorithm, out->hashing.hash, n) != 0
        || (algorithm[n] != 0 && algorithm[n] != '-')) {
        return policy_error(c, "a resource has another algorithm than the serialization");
    }
    /* the tool's name for a single file */
    if (strcmp(name, ".") == 0 || strncmp(name, ".:", 2) == 0) {
        char *real = NULL;
        bool ok = asprintf(&real, "%s%s", model, name + 1) >= 0
                  && manifest_add(&out->listed, real, digest);
        free(real);
        return ok || policy_error(c, "out of memory");
    }
    return manifest_add(&out->listed, name, digest) || policy_error(c, "out of memory");
}

static bool check_root(const struct json *statement, struct failures *c,
                       const struct model_signature *o)
{
    const struct json *subjects = json_get(statement, "subject");
    const char *hex = json_string(json_get(json_get(json_at(subjects, 0), "digest"), "sha256"));
    uint8_t root[32], listed[32];
    if (json_at(subjects, 1) != NULL || !hex_decode(hex, root, 32)) {
        return policy_error(c, "it takes exactly one subject");
    }
    manifest_root(&o->listed, listed);
    if (memcmp(root, listed, 32) != 0) {
        fail(c, FAIL_ROOT, NULL,
             "the subject's digest is not the root of the files that are listed");
        return false;
    }
    return true;
}

bool model_signature_read(const struct json *statement, struct failures *c,
                          struct model_signature *out)
{
    static const char *const keys[] = { "resources", "serialization", NULL };
    const struct json *p = json_get(statement, "predicate"), *list = json_get(p, "resources");
    const char *model = json_string(json_get(json_at(json_get(statement, "subject"), 0), "name"));
    *out = (struct model_signature){ 0 };
    if (!only_keys(p, keys) || !json_is_array(list) || model == NULL) {
        return policy_error(c, "predicate");
    }
    if (!read_settings(json_get(p, "serialization"), c, out)
        || !manifest_init(&out->listed, &out->hashing)) {
        return false;
    }
    for (const struct json *r = json_after(list, NULL); r != NULL; r = json_after(list, r)) {
        if (!read_resource(r, model, c, out)) {
            return false;
        }
    }
    return out->listed.n > 0 ? check_root(statement, c, out) : policy_error(c, "no resources");
}

void model_signature_done(struct model_signature *o)
{
    manifest_done(&o->listed);
    free(o->ignore);
    *o = (struct model_signature){ 0 };
}
