/* verify.c - verifies bundles: the signature first, then the files on disk, then the predicate.
 *
 * All given bundles must be valid; the requirements say which types there must be.  A bundle names
 * files, but only files in the folder of the model are read. */
#include "attest.h"

#include "../util/file_io.h"
#include "check_predicate.h"
#include "../util/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hashing sha256_files = { "sha256", 0 };

struct check {
    const struct verify_options *o;
    struct failures *c;
    /* Types of the valid bundles. */
    unsigned valid_types;
    void (*on_bundle)(void *ctx, const struct verified *v);
    void *ctx;
};

/* --- files ------------------------------------------------------------------------------ */

/* Is name that file, or one of its shards, "FILE:START:END"? */
static bool is_part_of(const char *name, const char *file)
{
    size_t n = strlen(file);
    return strncmp(name, file, n) == 0 && (name[n] == 0 || name[n] == ':');
}

static bool is_selected(const struct verify_options *o, const char *name)
{
    for (size_t i = 0; i < o->num_only; i++) {
        if (is_part_of(name, o->only[i])) {
            return true;
        }
    }
    return o->num_only == 0;
}

static void fail_missing(struct check *k, const struct resource *r, struct manifest *disk)
{
    struct resource *f = manifest_find_digest(disk, r->digest);
    if (f != NULL) {
        f->used = true;
        fail(k->c, FAIL_RENAMED, r->name, "renamed to %s", f->name);
    } else {
        fail(k->c, FAIL_MISSING, r->name, "missing");
    }
}

static void check_digests(struct check *k, const struct manifest *listed, struct manifest *disk)
{
    for (size_t i = 0; i < listed->n; i++) {
        struct resource *f = manifest_find(disk, listed->all[i].name);
        if (f == NULL) {
            continue;
        }
        f->used = true;
        if (memcmp(f->digest, listed->all[i].digest, disk->digest_size) != 0) {
            fail(k->c, FAIL_CHANGED, f->name, "changed since it was signed");
        }
    }
}

/* After check_digests(): a file with the digest of a missing one is reported as renamed. */
static void check_missing(struct check *k, const struct manifest *listed, struct manifest *disk)
{
    for (size_t i = 0; i < listed->n; i++) {
        const struct resource *r = &listed->all[i];
        if (is_selected(k->o, r->name) && manifest_find(disk, r->name) == NULL) {
            fail_missing(k, r, disk);
        }
    }
}

/* After check_missing(): files that match no entry of the statement. */
static void check_extra(struct check *k, const struct manifest *disk)
{
    for (size_t i = 0; i < disk->n; i++) {
        if (!disk->all[i].used) {
            fail(k->c, FAIL_EXTRA, disk->all[i].name, "extra, it is not in what was signed");
        }
    }
}

static bool is_listed(const struct manifest *listed, const char *file)
{
    for (size_t i = 0; i < listed->n; i++) {
        if (is_part_of(listed->all[i].name, file)) {
            return true;
        }
    }
    return false;
}

/* Files that were selected must be among the signed ones. */
static void check_selection(struct check *k, const struct manifest *listed)
{
    for (size_t i = 0; i < k->o->num_only; i++) {
        if (!is_listed(listed, k->o->only[i])) {
            fail(k->c, FAIL_EXTRA, k->o->only[i], "is not in what was signed");
        }
    }
}

static void check_files(struct check *k, const struct model *m, const struct hashing *h,
                        const struct manifest *listed)
{
    struct manifest disk = { 0 };
    check_selection(k, listed);
    if (model_read(m, h, k->c, &disk) || disk.n > 0) {
        check_digests(k, listed, &disk);
        check_missing(k, listed, &disk);
        check_extra(k, &disk);
    }
    manifest_done(&disk);
}

static struct model model_on_disk(const struct check *k)
{
    return (struct model){ .path = k->o->model,
                           .name = k->o->name,
                           .allow_symlinks = true,
                           .only = k->o->only,
                           .num_only = k->o->num_only,
                           .exclude = k->o->bundles,
                           .num_exclude = k->o->num_bundles };
}

/* --- types of statements ------------------------------------------------------------------ */

static void check_scan(struct check *k, const struct json *statement)
{
    const struct json *predicate = json_get(statement, "predicate");
    struct model m = model_on_disk(k);
    struct manifest listed = { 0 };
    if (predicate_files(predicate, k->c, &listed)) {
        m.needed = &listed;
        check_files(k, &m, &sha256_files, &listed);
        predicate_check(predicate, k->o->requirements, k->c);
    }
    manifest_done(&listed);
}

static void check_oms(struct check *k, const struct json *statement)
{
    struct model m = model_on_disk(k);
    struct model_signature signature;
    if (model_signature_read(statement, k->c, &signature)) {
        m.oms = true;
        m.allow_symlinks = signature.allow_symlinks;
        m.ignore = signature.ignore;
        m.num_ignore = signature.num_ignore;
        check_files(k, &m, &signature.hashing, &signature.listed);
    }
    model_signature_done(&signature);
}

static bool read_sha256(const struct json *subject, uint8_t sha[32])
{
    return hex_decode(json_string(json_get(json_get(subject, "digest"), "sha256")), sha, 32);
}

/* For more than MAX_SUBJECTS files the statement has the root only, which binds the bytes of the
 * files and their order, but not their names. */
static void check_root(struct check *k, const struct model *m, const struct json *subject)
{
    struct manifest disk = { 0 };
    uint8_t signed_root[32];
    uint8_t disk_root[32];
    bool read = model_read(m, &sha256_files, k->c, &disk);
    manifest_root(&disk, disk_root);
    if (read && (!read_sha256(subject, signed_root) || memcmp(signed_root, disk_root, 32) != 0)) {
        fail(k->c, FAIL_ROOT, NULL, "the files are not those of the subject");
    }
    manifest_done(&disk);
}

static bool add_subject(struct manifest *listed, const struct json *subject)
{
    const char *name = json_string(json_get(subject, "name"));
    uint8_t sha[32];
    return name != NULL && read_sha256(subject, sha) && manifest_add(listed, name, sha);
}

/* Lists the subjects after the first one, which is the model. */
static bool list_subjects(const struct json *subjects, struct manifest *listed)
{
    const struct json *first = json_after(subjects, NULL);
    if (!manifest_init(listed, &sha256_files)) {
        return false;
    }
    if (first == NULL) {
        return true;
    }

    for (const struct json *s = json_after(subjects, first); s != NULL;
         s = json_after(subjects, s)) {
        if (!add_subject(listed, s)) {
            return false;
        }
    }
    return true;
}

static void check_result(struct check *k, const struct json *predicate)
{
    const char *result = json_string(json_get(predicate, "result"));
    if (result == NULL) {
        result = "missing";
    }
    bool warned = strcmp(result, "WARNED") == 0 && k->o->requirements->allow_warned;
    if (strcmp(result, "PASSED") != 0 && !warned) {
        fail(k->c, FAIL_VERDICT, NULL, "the test's result is %s", result);
    }
}

static void check_test(struct check *k, const struct json *statement)
{
    const struct json *subjects = json_get(statement, "subject");
    struct manifest listed;
    struct model m = model_on_disk(k);

    if (!list_subjects(subjects, &listed)) {
        fail(k->c, FAIL_STATEMENT, NULL, "the statement's subjects cannot be read");
    } else if (listed.n == 0) {
        check_root(k, &m, json_after(subjects, NULL));
    } else {
        m.needed = &listed;
        check_files(k, &m, &sha256_files, &listed);
    }
    check_result(k, json_get(statement, "predicate"));
    manifest_done(&listed);
}

struct kind {
    const char *name, *predicate;
    unsigned type;
    void (*check)(struct check *k, const struct json *statement);
};

static const struct kind kinds[] = {
    { "scan", PREDICATE_SCAN, TYPE_SCAN, check_scan },
    { "oms", PREDICATE_OMS, TYPE_OMS, check_oms },
    { "test-result", PREDICATE_TEST, TYPE_TEST, check_test },
};
enum { NUM_KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *find_kind(const struct json *statement, struct failures *c)
{
    const char *type = json_string(json_get(statement, "predicateType"));
    for (size_t i = 0; type != NULL && i < NUM_KINDS; i++) {
        if (strcmp(type, kinds[i].predicate) == 0) {
            return &kinds[i];
        }
    }
    fail(c, FAIL_PREDICATE_TYPE, NULL, "a statement of another kind: %s",
         type != NULL ? type : "none");
    return NULL;
}

/* --- bundles ------------------------------------------------------------------------------ */

static void check_envelope(struct check *k, const char *file, const struct envelope *e)
{
    size_t before = k->c->n;
    const struct kind *kind = find_kind(e->statement, k->c);
    if (kind == NULL) {
        return;
    }
    if ((e->by->types & kind->type) == 0) {
        fail(k->c, FAIL_SIGNER, NULL, "%s may not sign statements of the kind %s", e->signer,
             kind->name);
    } else {
        kind->check(k, e->statement);
    }
    bool valid = k->c->n == before;
    if (valid) {
        k->valid_types |= kind->type;
    }
    if (k->on_bundle != NULL) {
        k->on_bundle(k->ctx, &(struct verified){ file, kind->name, e->signer, valid });
    }
}

static void check_bundle(struct check *k, const char *file, struct bytes text)
{
    struct envelope e;
    if (envelope_open(text, k->o->requirements, k->c, &e)) {
        check_envelope(k, file, &e);
        envelope_done(&e);
    }
}

/* Checks each line; an empty text is one line. */
static void check_lines(struct check *k, const char *file, struct bytes text)
{
    size_t start = 0;
    do {
        const uint8_t *end = memchr(text.p + start, '\n', text.n - start);
        size_t size = end != NULL ? (size_t)(end - text.p) - start : text.n - start;
        check_bundle(k, file, (struct bytes){ text.p + start, size });
        start += size + 1;
    } while (start < text.n);
}

static bool has_suffix(const char *text, const char *suffix)
{
    size_t n = strlen(text);
    size_t m = strlen(suffix);
    return n > m && strcmp(text + n - m, suffix) == 0;
}

/* A file has one bundle, or with the suffix .jsonl one on each line. */
static void check_file(struct check *k, const char *file)
{
    int error;
    size_t n = 0;
    uint8_t *text = input_read(file, MAX_BUNDLE, &n, &error);
    if (text == NULL) {
        /* A file that is too large is not a bundle. */
        enum verify_failure code = error == EFBIG ? FAIL_BUNDLE : FAIL_UNREADABLE;
        fail(k->c, code, file, "%s", input_error(error));
        return;
    }
    if (has_suffix(file, ".jsonl")) {
        check_lines(k, file, (struct bytes){ text, n });
    } else {
        check_bundle(k, file, (struct bytes){ text, n });
    }
    free(text);
}

static void fail_type(struct check *k, const struct kind *kind)
{
    if (kind->type == TYPE_SCAN && k->valid_types == TYPE_OMS) {
        fail(k->c, FAIL_TYPE, NULL, "a model signature, no scan: use --type oms");
    } else {
        fail(k->c, FAIL_TYPE, NULL, "none of the bundles is of the kind %s", kind->name);
    }
}

/* Reports a required type only where nothing else is wrong. */
static void check_types(struct check *k)
{
    unsigned missing = k->o->requirements->types & ~k->valid_types;
    for (size_t i = 0; k->c->n == 0 && i < NUM_KINDS; i++) {
        if ((missing & kinds[i].type) != 0) {
            fail_type(k, &kinds[i]);
        }
    }
}

int verify_model(const struct verify_options *o, struct failures *c,
                 void (*on_bundle)(void *ctx, const struct verified *v), void *ctx)
{
    struct check k = { .o = o, .c = c, .on_bundle = on_bundle, .ctx = ctx };
    for (size_t i = 0; i < o->num_bundles; i++) {
        check_file(&k, o->bundles[i]);
    }
    check_types(&k);
    if (c->unreadable) {
        return 2;
    }
    return c->n > 0 ? 1 : 0;
}
