/* statement.c - writes in-toto Statement v1. */
#include "statement.h"

#include "envelope.h"
#include "manifest.h"
#include "name_collisions.h"
#include "model.h"
#include "scan_predicate.h"
#include "testresult.h"

#include <stdlib.h>
#include <string.h>

struct json *statement_digest(const uint8_t sha[32])
{
    struct json *o = json_obj();
    json_set(o, "sha256", json_hex((struct bytes){ sha, 32 }));
    return o;
}

struct json *statement_subject(const char *name, const uint8_t sha[32])
{
    struct json *o = json_obj();
    json_set(o, "name", json_text(name));
    json_set(o, "digest", statement_digest(sha));
    return o;
}

static int by_rel(const void *a, const void *b)
{
    const struct file_report *const *x = a;
    const struct file_report *const *y = b;
    return strcmp((*x)->rel, (*y)->rel);
}

static bool list_files(const struct sorted_files *files, struct manifest *out)
{
    bool ok = manifest_init(out, &(struct hashing){ "sha256", 0 });
    for (size_t i = 0; ok && i < files->n; i++) {
        ok = manifest_add(out, files->all[i]->rel, files->all[i]->sha256);
    }
    return ok;
}

/* The model itself, with the root of the manifest as its digest. NULL when out of memory. */
static struct json *model_subject(const struct report *r, const struct sorted_files *files)
{
    uint8_t root[32];
    struct manifest m = { 0 };
    struct json *subject = NULL;
    char *name = r->root != NULL ? model_name(r->root) : strdup(files->all[0]->rel);

    if (name != NULL && list_files(files, &m)) {
        manifest_root(&m, root);
        subject = statement_subject(name, root);
    }

    manifest_done(&m);
    free(name);
    return subject;
}

static struct json *subjects_json(const struct report *r, const struct sorted_files *files)
{
    struct json *subjects = json_arr();
    json_push(subjects, model_subject(r, files));
    if (files->n > MAX_SUBJECTS) {
        return subjects;
    }
    for (size_t i = 0; i < files->n; i++) {
        json_push(subjects, statement_subject(files->all[i]->rel, files->all[i]->sha256));
    }
    return subjects;
}

static char *write_statement(const struct report *r, const struct sorted_files *files,
                             const char *type, const uint8_t *scanner_sha)
{
    struct json *o = json_obj();
    json_set(o, "_type", json_text(STATEMENT_TYPE));
    json_set(o, "subject", subjects_json(r, files));
    json_set(o, "predicateType", json_text(type));
    if (strcmp(type, PREDICATE_TEST) == 0) {
        json_set(o, "predicate", test_result(r));
    } else {
        json_set(o, "predicate", scan_predicate(r, files, scanner_sha));
    }

    char *text = json_print(o, false);
    json_free(o);
    return text;
}

/* Returns why there is nothing to sign, or SIGN_OK. */
static enum sign_error check_report(const struct report *r)
{
    for (size_t i = 0; i < r->num_files; i++) {
        if (!r->files[i].hashed) {
            return SIGN_NO_DIGEST;
        }
        if (r->files[i].path_hex != NULL) {
            return SIGN_NAME_NOT_UTF8;
        }
    }
    return r->num_files == 0 ? SIGN_NO_FILES : SIGN_OK;
}

static bool names_collide(const struct sorted_files *files)
{
    struct manifest m = { 0 };
    const char *a = NULL, *b = NULL;
    bool same = list_files(files, &m) && !names_are_distinct(&m, &a, &b) && a != NULL;
    manifest_done(&m);
    return same;
}

static bool sort_files(const struct report *r, struct sorted_files *out)
{
    out->n = r->num_files;
    out->all = malloc((out->n + 1) * sizeof *out->all);
    if (out->all == NULL) {
        return false;
    }
    for (size_t i = 0; i < out->n; i++) {
        out->all[i] = &r->files[i];
    }
    qsort(out->all, out->n, sizeof *out->all, by_rel);
    return true;
}

char *statement_of(const struct report *r, const char *predicate_type, const uint8_t *scanner_sha,
                   enum sign_error *why)
{
    struct sorted_files files;
    char *text = NULL;
    *why = check_report(r);
    if (*why != SIGN_OK) {
        return NULL;
    }
    if (!sort_files(r, &files)) {
        *why = SIGN_OUT_OF_MEMORY;
        return NULL;
    }
    if (names_collide(&files)) {
        *why = SIGN_NAMES_COLLIDE;
    } else {
        text = write_statement(r, &files, predicate_type, scanner_sha);
        *why = text != NULL ? SIGN_OK : SIGN_OUT_OF_MEMORY;
    }
    free(files.all);
    return text;
}
