#include "model_signature.h"

#include "envelope.h"
#include "statement.h"
#include "../util/hex.h"
#include "../util/vec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- writing: resources in code-point order, no field that the schema does not have ---------- */

static struct json *resources_json(const struct manifest *m, const struct hashing *h)
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

static struct json *ignore_json(const struct model *m)
{
    struct json *list = json_arr();
    for (size_t i = 0; i < m->num_ignore; i++) {
        json_push(list, json_text(m->ignore[i]));
    }
    return list;
}

static struct json *settings_json(const struct model *m, const struct hashing *h)
{
    struct json *o = json_obj();
    json_set(o, "method", json_text(h->shard > 0 ? "shards" : "files"));
    json_set(o, "hash_type", json_text(h->hash));
    json_set(o, "allow_symlinks", json_bool(m->allow_symlinks));
    if (h->shard > 0) {
        json_set(o, "shard_size", json_u64(h->shard));
    }

    if (m->num_ignore > 0) {
        json_set(o, "ignore_paths", ignore_json(m));
    }
    return o;
}

static struct json *subjects_json(const struct manifest *files, const char *name)
{
    uint8_t root[32];
    struct json *list = json_arr();
    manifest_root(files, root);
    json_push(list, statement_subject(name, root));
    return list;
}

static struct json *predicate_json(const struct model *m, const struct hashing *h,
                                   const struct manifest *files)
{
    struct json *o = json_obj();
    json_set(o, "resources", resources_json(files, h));
    json_set(o, "serialization", settings_json(m, h));
    return o;
}

static char *write_statement(const struct model *m, const struct hashing *h,
                             const struct manifest *files)
{
    char *name = model_name(m->path);
    if (name == NULL) {
        return NULL;
    }

    struct json *o = json_obj();
    json_set(o, "_type", json_text(STATEMENT_TYPE));
    json_set(o, "subject", subjects_json(files, name));
    json_set(o, "predicateType", json_text(PREDICATE_OMS));
    json_set(o, "predicate", predicate_json(m, h, files));
    char *text = json_print(o, false);
    json_free(o);
    free(name);
    return text;
}

char *model_signature_statement(const struct model *m, const struct hashing *h, struct failures *c)
{
    struct manifest files = { 0 };
    char *text = NULL;
    bool read = model_read(m, h, c, &files);
    if (read && files.n == 0) {
        fail(c, FAIL_EMPTY, NULL, "there is no file to sign");
    } else if (read) {
        text = write_statement(m, h, &files);
        if (text == NULL) {
            fail(c, FAIL_MEMORY, NULL, "out of memory");
        }
    }

    manifest_done(&files);
    return text;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Returns false. */
static bool form_error(struct failures *c, const char *what)
{
    fail(c, FAIL_STATEMENT, NULL, "no model signature (v1.0): %s", what);
    return false;
}

static const char *text_at(const struct json *o, const char *key)
{
    return json_string(json_get(o, key));
}

static bool has_only_keys(const struct json *obj, const char *const *keys)
{
    return json_is_object(obj) && json_unknown_key(obj, keys) == NULL;
}

static bool read_ignore(const struct json *list, struct failures *c, struct model_signature *out)
{
    for (const struct json *i = json_after(list, NULL); i != NULL; i = json_after(list, i)) {
        if (json_string(i) == NULL) {
            return form_error(c, "ignore_paths");
        }
        if (!vec_extend(&out->ignore, out->num_ignore, sizeof *out->ignore)) {
            return form_error(c, "out of memory");
        }
        out->ignore[out->num_ignore++] = json_string(i);
    }
    return true;
}

static bool read_shard_size(const struct json *shard, struct failures *c,
                            struct model_signature *out)
{
    uint64_t *size = &out->hashing.shard;
    *size = DEFAULT_SHARD;
    if (shard != NULL && (!json_count(shard, size) || *size == 0)) {
        return form_error(c, "shard_size");
    }
    return true;
}

static bool read_method(const struct json *s, const char *method, struct failures *c,
                        struct model_signature *out)
{
    if (strcmp(method, "shards") == 0) {
        return read_shard_size(json_get(s, "shard_size"), c, out);
    }
    out->hashing.shard = 0;
    return strcmp(method, "files") == 0 || form_error(c, "method");
}

static bool read_settings(const struct json *s, struct failures *c, struct model_signature *out)
{
    static const char *const keys[] = { "method",     "hash_type",    "allow_symlinks",
                                        "shard_size", "ignore_paths", NULL };
    const char *method = text_at(s, "method");
    const char *hash = text_at(s, "hash_type");
    if (!has_only_keys(s, keys) || method == NULL || hash == NULL) {
        return form_error(c, "serialization");
    }
    if (!hash_is_known(hash)) {
        fail(c, FAIL_HASH, NULL, "the hash %s is not known here", hash);
        return false;
    }

    out->hashing.hash = hash;
    out->allow_symlinks = json_true(json_get(s, "allow_symlinks"));
    return read_method(s, method, c, out) && read_ignore(json_get(s, "ignore_paths"), c, out);
}

/* The tools name a single file ".", and its shards ".:START:END"; the name of the model takes the
 * place of the dot. */
static bool add_resource(struct model_signature *out, const char *name, const char *model,
                         const uint8_t *digest)
{
    char *real = NULL;
    if (strcmp(name, ".") != 0 && strncmp(name, ".:", 2) != 0) {
        return manifest_add(&out->listed, name, digest);
    }
    if (asprintf(&real, "%s%s", model, name + 1) < 0) {
        return false;
    }
    bool ok = manifest_add(&out->listed, real, digest);
    free(real);
    return ok;
}

/* Is algorithm the hash of the signature, alone or with a suffix such as "-sharded-1000"? */
static bool is_own_algorithm(const struct model_signature *s, const char *algorithm)
{
    size_t n = strlen(s->hashing.hash);
    return strncmp(algorithm, s->hashing.hash, n) == 0
           && (algorithm[n] == 0 || algorithm[n] == '-');
}

static bool read_resource(const struct json *r, const char *model, struct failures *c,
                          struct model_signature *out)
{
    static const char *const keys[] = { "name", "digest", "algorithm", NULL };
    const char *name = text_at(r, "name");
    const char *algorithm = text_at(r, "algorithm");
    uint8_t digest[MAX_DIGEST];

    if (!has_only_keys(r, keys) || name == NULL || algorithm == NULL
        || !hex_decode(text_at(r, "digest"), digest, out->listed.digest_size)) {
        return form_error(c, "resources");
    }
    if (!is_own_algorithm(out, algorithm)) {
        return form_error(c, "a resource has another algorithm than the serialization");
    }
    return add_resource(out, name, model, digest) || form_error(c, "out of memory");
}

static bool check_root(const struct json *statement, struct failures *c,
                       const struct model_signature *o)
{
    const struct json *subjects = json_get(statement, "subject");
    const char *hex = text_at(json_get(json_at(subjects, 0), "digest"), "sha256");
    uint8_t root[32];
    uint8_t listed[32];
    if (json_at(subjects, 1) != NULL || !hex_decode(hex, root, 32)) {
        return form_error(c, "it takes exactly one subject");
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
    const struct json *p = json_get(statement, "predicate");
    const struct json *list = json_get(p, "resources");
    const char *model = text_at(json_at(json_get(statement, "subject"), 0), "name");

    *out = (struct model_signature){ 0 };
    if (!has_only_keys(p, keys) || !json_is_array(list) || model == NULL) {
        return form_error(c, "predicate");
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

    if (out->listed.n == 0) {
        return form_error(c, "no resources");
    }
    return check_root(statement, c, out);
}

void model_signature_done(struct model_signature *o)
{
    manifest_done(&o->listed);
    free(o->ignore);
    *o = (struct model_signature){ 0 };
}
