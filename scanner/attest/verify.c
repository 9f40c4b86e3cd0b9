/* verify.c - for each bundle: signature first, then the files on disk, then what it claims.
 *
 * All bundles that are given must be sound; the demands say which kinds there must be.
 * A bundle names files, and never makes us read outside the model's folder. */
#include "attest.h"

#include "../util/file_io.h"
#include "check_predicate.h"
#include "../util/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct check {
    const struct verify_options *o;
    struct failures *c;
    unsigned seen; /* types of sound bundles */
    void (*on_bundle)(void *ctx, const struct verified *v);
    void *ctx;
};

/* --- files ------------------------------------------------------------------------------ */

static bool wanted(const struct verify_options *o, const char *name)
{
    bool found = o->num_only == 0;
    for (size_t i = 0; !found && i < o->num_only; i++) {
        size_t n = strlen(o->only[i]);
        /* ":": a shard of it */
        found = strncmp(name, o->only[i], n) == 0 && (name[n] == 0 || name[n] == ':');
    }
    return found;
}

static void check_missing(struct check *k, const struct resource *r, struct manifest *disk)
{
    struct resource *f = manifest_find_digest(disk, r->digest);
    if (f != NULL) {
        f->used = true;
        fail(k->c, FAIL_RENAMED, r->name, "renamed to %s", f->name);
    } else {
        fail(k->c, FAIL_MISSING, r->name, "missing");
    }
}

/* Names and digests, both ways. */
static void compare(struct check *k, const struct manifest *listed, struct manifest *disk)
{
    for (size_t i = 0; i < listed->n; i++) {
        struct resource *f = manifest_find(disk, listed->all[i].name);
        if (f != NULL) {
            f->used = true;
            if (memcmp(f->digest, listed->all[i].digest, disk->digest_size) != 0) {
                fail(k->c, FAIL_CHANGED, f->name, "changed since it was signed");
            }
        }
    }
    for (size_t i = 0; i < listed->n; i++) {
        if (wanted(k->o, listed->all[i].name) && manifest_find(disk, listed->all[i].name) == NULL) {
            check_missing(k, &listed->all[i], disk);
        }
    }
    for (size_t i = 0; i < disk->n; i++) {
        if (!disk->all[i].used) {
            fail(k->c, FAIL_EXTRA, disk->all[i].name, "extra, it is not in what was signed");
        }
    }
}

/* A name that was asked for has to be one that was signed. */
static void check_only(struct check *k, const struct manifest *listed)
{
    for (size_t i = 0; i < k->o->num_only; i++) {
        bool found = false;
        size_t n = strlen(k->o->only[i]);
        for (size_t j = 0; !found && j < listed->n; j++) {
            found = strncmp(listed->all[j].name, k->o->only[i], n) == 0
                    && (listed->all[j].name[n] == 0 || listed->all[j].name[n] == ':');
        }
        if (!found) {
            fail(k->c, FAIL_EXTRA, k->o->only[i], "is not in what was signed");
        }
    }
}

static void check_files(struct check *k, const struct model *m, const struct hashing *h,
                        const struct manifest *listed)
{
    struct manifest disk = { 0 };
    check_only(k, listed);
    if (model_read(m, h, k->c, &disk) || disk.n > 0) {
        compare(k, listed, &disk);
    }
    manifest_done(&disk);
}

static struct model on_disk(const struct check *k)
{
    return (struct model){ .path = k->o->model,
                           .name = k->o->name,
                           .allow_symlinks = true,
                           .only = k->o->only,
                           .num_only = k->o->num_only,
                           .exclude = k->o->bundles,
                           .num_exclude = k->o->num_bundles };
}

/* --- kinds ------------------------------------------------------------------------------- */

static void check_scan(struct check *k, const struct json *statement)
{
    const struct json *predicate = json_get(statement, "predicate");
    struct model m = on_disk(k);
    struct manifest listed = { 0 };
    if (predicate_files(predicate, k->c, &listed)) {
        m.beside = &listed;
        check_files(k, &m, &(struct hashing){ "sha256", 0 }, &listed);
        predicate_check(predicate, k->o->requirements, k->c);
    }
    manifest_done(&listed);
}

static void check_oms(struct check *k, const struct json *statement)
{
    struct model m = on_disk(k);
    struct model_signature oms;
    if (model_signature_read(statement, k->c, &oms)) {
        m.oms = true;
        m.allow_symlinks = oms.allow_symlinks;
        m.ignore = oms.ignore;
        m.num_ignore = oms.num_ignore;
        check_files(k, &m, &oms.hashing, &oms.listed);
    }
    model_signature_done(&oms);
}

/* Beyond MAX_SUBJECTS files the root is all there is: it binds the bytes and their order, not
 * the names. */
static void check_root(struct check *k, const struct model *m, const struct json *subject)
{
    const struct hashing h = { "sha256", 0 };
    struct manifest disk = { 0 };
    uint8_t root[32], has[32];
    const char *hex = json_string(json_get(json_get(subject, "digest"), "sha256"));
    bool read = model_read(m, &h, k->c, &disk);
    manifest_root(&disk, has);
    if (read && (!hex_decode(hex, root, 32) || memcmp(root, has, 32) != 0)) {
        fail(k->c, FAIL_ROOT, NULL, "the files are not those of the subject");
    }
    manifest_done(&disk);
}

static void check_test(struct check *k, const struct json *statement)
{
    const struct json *subjects = json_get(statement, "subject"),
                      *first = json_after(subjects, NULL);
    const char *result = json_string(json_get(json_get(statement, "predicate"), "result"));
    struct manifest listed;
    struct model m = on_disk(k);
    bool ok = manifest_init(&listed, &(struct hashing){ "sha256", 0 });
    for (const struct json *s = json_after(subjects, first); first != NULL && ok && s != NULL;
         s = json_after(subjects, s)) {
        uint8_t sha[32];
        const char *name = json_string(json_get(s, "name"));
        ok = name != NULL
             && hex_decode(json_string(json_get(json_get(s, "digest"), "sha256")), sha, 32)
             && manifest_add(&listed, name, sha);
    }
    if (!ok) {
        fail(k->c, FAIL_STATEMENT, NULL, "the statement's subjects cannot be read");
    } else if (listed.n == 0) {
        check_root(k, &m, first);
    } else {
        m.beside = &listed;
        check_files(k, &m, &(struct hashing){ "sha256", 0 }, &listed);
    }
    if (result == NULL
        || (strcmp(result, "PASSED") != 0
            && !(strcmp(result, "WARNED") == 0 && k->o->requirements->allow_warned))) {
        fail(k->c, FAIL_VERDICT, NULL, "the test's result is %s",
             result != NULL ? result : "missing");
    }
    manifest_done(&listed);
}

static const struct kind {
    const char *name, *predicate;
    unsigned type;
    void (*check)(struct check *k, const struct json *statement);
} kinds[] = {
    { "scan", PREDICATE_SCAN, TYPE_SCAN, check_scan },
    { "oms", PREDICATE_OMS, TYPE_OMS, check_oms },
    { "test-result", PREDICATE_TEST, TYPE_TEST, check_test },
};
enum { NUM_KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *kind_of(const struct json *statement, struct failures *c)
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

static void check_bundle(struct check *k, const char *file, struct bytes text)
{
    struct envelope e;
    size_t before = k->c->n;
    if (!envelope_open(text, k->o->requirements, k->c, &e)) {
        return;
    }
    const struct kind *kind = kind_of(e.statement, k->c);
    if (kind != NULL && (e.by->types & kind->type) == 0) {
        fail(k->c, FAIL_SIGNER, NULL, "%s may not sign statements of the kind %s", e.signer,
             kind->name);
    } else if (kind != NULL) {
        kind->check(k, e.statement);
        k->seen |= k->c->n == before ? kind->type : 0;
    }
    if (k->on_bundle != NULL && kind != NULL) {
        k->on_bundle(k->ctx, &(struct verified){ file, kind->name, e.signer, k->c->n == before });
    }
    envelope_done(&e);
}

/* One bundle, or one on each line of a *.jsonl. */
static void check_file(struct check *k, const char *file)
{
    int err;
    size_t n = 0, len = strlen(file);
    uint8_t *text = input_read(file, MAX_BUNDLE, &n, &err);
    if (text == NULL) { /* too large: whatever it is, it is no bundle */
        fail(k->c, err == EFBIG ? FAIL_BUNDLE : FAIL_UNREADABLE, file, "%s", input_error(err));
        return;
    }
    bool lines = len > 6 && strcmp(file + len - 6, ".jsonl") == 0;
    for (size_t at = 0; at < n || at == 0;) {
        const uint8_t *end = lines ? memchr(text + at, '\n', n - at) : NULL;
        size_t size = end != NULL ? (size_t)(end - text) - at : n - at;
        check_bundle(k, file, (struct bytes){ text + at, size });
        at += size + 1;
    }
    free(text);
}

int verify_model(const struct verify_options *o, struct failures *c,
                 void (*on_bundle)(void *ctx, const struct verified *v), void *ctx)
{
    struct check k = { .o = o, .c = c, .on_bundle = on_bundle, .ctx = ctx };
    for (size_t i = 0; i < o->num_bundles; i++) {
        check_file(&k, o->bundles[i]);
    }
    for (size_t i = 0; c->n == 0 && i < NUM_KINDS; i++) {
        if ((o->requirements->types & ~k.seen & kinds[i].type) != 0) {
            fail(c, FAIL_TYPE, NULL,
                 kinds[i].type == TYPE_SCAN && k.seen == TYPE_OMS
                     ? "a model signature, no scan: use --type oms"
                     : "none of the bundles is of the kind %s",
                 kinds[i].name);
        }
    }
    return c->unreadable ? 2 : c->n > 0 ? 1 : 0;
}
