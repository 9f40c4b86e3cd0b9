/* verify.c - signature first, then the files on disk, then what the scan said.
 *
 * Nothing of the payload is looked at before its signature holds. */
#include "attest.h"

#include "../report/jsonw.h"
#include "../run/beside.h"
#include "../run/walk.h"
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_BUNDLE (64 << 20)         /* bytes */

struct check {
    const struct verify_options *o;
    void (*fail)(void *ctx, const char *cause);
    void *ctx;
    bool failed, unreadable;
    struct disk disk;
};

static void failed(struct check *c, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    c->failed = true;
    c->fail(c->ctx, n >= 0 ? text : "out of memory");
    if (n >= 0) {
        free(text);
    }
}

static uint8_t *read_file(const char *path, size_t *n, const char **why)
{
    FILE *f = fopen(path, "re");
    uint8_t *buf = f != NULL ? malloc(MAX_BUNDLE) : NULL;
    *why = f == NULL ? strerror(errno) : buf == NULL ? "out of memory" : NULL;
    if (buf != NULL) {
        *n = fread(buf, 1, MAX_BUNDLE, f);
        *why = ferror(f) ? strerror(errno) : *n == MAX_BUNDLE ? "too large for a bundle" : NULL;
    }
    if (f != NULL) {
        fclose(f);
    }
    if (*why != NULL) {
        free(buf);
        return NULL;
    }
    return buf;
}

/* --- the envelope ------------------------------------------------------------------ */

static const char *text_at(const struct json *j, const char *key)
{
    return json_string(json_get(j, key));
}

static bool is(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

static bool check_signature(struct check *c, const struct json *envelope, struct bytes payload)
{
    const struct json *sigs = json_get(envelope, "signatures");
    const char *text = text_at(json_at(sigs, 0), "sig"), *type = text_at(envelope, "payloadType");
    size_t num_sig = 0, num_pae = 0;
    if (text == NULL || type == NULL || json_at(sigs, 1) != NULL) {
        failed(c, "the bundle does not hold exactly one signature");
        return false;
    }
    uint8_t *sig = base64_decode(text, &num_sig), *pae = dsse_pae(type, payload, &num_pae);
    bool ok = sig != NULL && pae != NULL
           && key_verify(c->o->key, (struct bytes){ pae, num_pae }, (struct bytes){ sig, num_sig });
    free(sig);
    free(pae);
    if (!ok) {
        failed(c, "the signature is not by this key over this bundle");
    } else if (!is(type, PAYLOAD_TYPE)) {
        failed(c, "the payload is of type %s", type);
        ok = false;
    }
    return ok;
}

static bool check_hint(struct check *c, const struct json *bundle)
{
    char hint[65];
    const char *has = text_at(json_get(json_get(bundle, "verificationMaterial"), "publicKey"), "hint");
    if (has != NULL && key_hint(c->o->key, hint) && strcmp(has, hint) != 0) {
        failed(c, "signed with another key (its hint is %.64s)", has);
        return false;
    }
    return true;
}

/* --- files ---------------------------------------------------------------------------- */

static bool add_open(struct check *c, int fd, const char *rel, const char *why)
{
    bool ok = fd < 0 || disk_add(&c->disk, fd, rel, &why);
    if (ok && why != NULL) {
        failed(c, "%s: cannot be read: %s", rel, why);
        c->unreadable = true;
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool add_path(struct check *c, const char *path, const char *rel)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return add_open(c, fd, rel, fd < 0 ? strerror(errno) : NULL);
}

/* A single file's bundle may name files beside it: they are looked for in its folder only. */
static bool add_beside(struct check *c, const char *own, const struct json *files)
{
    for (const struct json *entry = json_after(files, NULL); entry != NULL; entry = json_after(files, entry)) {
        const char *name = text_at(entry, "name"), *why = NULL;
        if (name == NULL || strcmp(name, own) == 0) {
            continue;
        }
        int fd = beside_open(c->o->model, bytes_of(name), &why);
        if (fd >= 0 && !add_open(c, fd, name, NULL)) {
            return false;                         /* one that is not there is said to be missing */
        }
    }
    return true;
}

static bool read_folder(struct check *c)
{
    struct walk_list list;
    bool ok = walk_folder(c->o->model, &list);
    for (size_t i = 0; ok && i < list.n; i++) {
        ok = list.entries[i].kind == WALK_DIR_SYMLINK || add_path(c, list.entries[i].path, list.entries[i].rel);
    }
    walk_done(&list);
    return ok;
}

static bool read_disk(struct check *c, const struct json *files)
{
    struct stat st;
    const char *a = NULL, *b = NULL;
    if (stat(c->o->model, &st) != 0) {
        failed(c, "%s: %s", c->o->model, strerror(errno));
        c->unreadable = true;
        return true;
    }
    const char *slash = strrchr(c->o->model, '/'), *own = slash != NULL ? slash + 1 : c->o->model;
    bool ok = S_ISDIR(st.st_mode) ? read_folder(c) : add_path(c, c->o->model, own) && add_beside(c, own, files);
    if (ok && !disk_sort(&c->disk, &a, &b)) {
        failed(c, "%s and %s differ by case only", a, b);
    }
    return ok;
}

static const char *entry_hex(const struct json *entry)
{
    return text_at(json_get(entry, "digest"), "sha256");
}

static void check_entry(struct check *c, const struct json *entry)
{
    const char *name = text_at(entry, "name"), *hex = entry_hex(entry);
    if (name == NULL || hex == NULL) {
        failed(c, "a file of the statement has no name or no digest");
        return;
    }
    struct disk_file *f = disk_by_name(&c->disk, name);
    if (f == NULL) {
        return;                                   /* missing or renamed: once all names are taken */
    }
    f->used = true;
    if (strcmp(f->hex, hex) != 0) {
        failed(c, "%s: changed since the scan", name);
    }
}

static void check_missing(struct check *c, const struct json *entry)
{
    const char *name = text_at(entry, "name"), *hex = entry_hex(entry);
    if (name == NULL || hex == NULL || disk_by_name(&c->disk, name) != NULL) {
        return;
    }
    struct disk_file *f = disk_by_digest(&c->disk, hex);
    if (f != NULL) {
        f->used = true;
        failed(c, "%s: renamed to %s", name, f->name);
    } else {
        failed(c, "%s: missing", name);
    }
}

static void check_files(struct check *c, const struct json *predicate)
{
    const struct json *files = json_get(predicate, "files");
    for (const struct json *e = json_after(files, NULL); e != NULL; e = json_after(files, e)) {
        check_entry(c, e);
    }
    for (const struct json *e = json_after(files, NULL); e != NULL; e = json_after(files, e)) {
        check_missing(c, e);
    }
    for (size_t i = 0; i < c->disk.n; i++) {
        if (!c->disk.files[i].used) {
            failed(c, "%s: extra, it was not scanned", c->disk.files[i].name);
        }
    }
    if (json_at(files, 0) == NULL) {
        failed(c, "the statement names no file");
    }
}

/* --- what the scan said ------------------------------------------------------------------ */

static bool parse_time(const char *text, time_t *out)
{
    struct tm tm = { 0 };
    const char *end = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
    *out = end != NULL ? timegm(&tm) : 0;
    return end != NULL && *end == 0;
}

static void check_times(struct check *c, const struct json *predicate)
{
    const struct json *timing = json_get(predicate, "timing");
    time_t until, finished, now = time(NULL);
    if (!parse_time(text_at(timing, "validUntil"), &until) || !parse_time(text_at(timing, "scanFinishedOn"), &finished)) {
        failed(c, "the statement has no readable times");
    } else if (now > until) {
        failed(c, "the scan was valid until %s", text_at(timing, "validUntil"));
    } else if (c->o->max_age_s > 0 && now - finished > c->o->max_age_s) {
        failed(c, "the scan is too old: %s", text_at(timing, "scanFinishedOn"));
    }
}

static void check_predicate(struct check *c, const struct json *predicate)
{
    const char *verdict = text_at(predicate, "verdict");
    const char *rules = text_at(json_get(json_get(predicate, "ruleset"), "digest"), "sha256");
    if (!is(verdict, "PASSED") && !(is(verdict, "WARNED") && c->o->allow_suspicious)) {
        failed(c, "the scan's verdict is %s", verdict != NULL ? verdict : "missing");
    }
    if (!json_true(json_get(json_get(predicate, "coverage"), "complete"))) {
        failed(c, "the scan did not cover everything");
    }
    if (json_at(json_get(predicate, "waivers"), 0) != NULL) {
        failed(c, "findings were waived, which takes a policy that allows it");
    }
    if (c->o->ruleset != NULL && !is(rules, c->o->ruleset)) {
        failed(c, "scanned with another rule set: %s", rules != NULL ? rules : "unknown");
    }
    check_times(c, predicate);
}

static void check_statement(struct check *c, struct bytes payload)
{
    const char *why;
    struct json *s = json_parse(payload, &why);
    const char *type = text_at(s, "predicateType");
    if (s == NULL) {
        failed(c, "the statement cannot be read: %s", why);
    } else if (!is(text_at(s, "_type"), STATEMENT_TYPE) && !is(text_at(s, "_type"), "https://in-toto.io/Statement/v0.1")) {
        failed(c, "not an in-toto statement");
    } else if (is(type, PREDICATE_OMS)) {
        failed(c, "a model signature, no scan: use --type oms");
    } else if (!is(type, PREDICATE_SCAN)) {
        failed(c, "a statement of another kind: %s", type != NULL ? type : "none");
    } else if (!read_disk(c, json_get(json_get(s, "predicate"), "files"))) {
        failed(c, "out of memory");
    } else {
        check_files(c, json_get(s, "predicate"));
        check_predicate(c, json_get(s, "predicate"));
    }
    json_free(s);
}

static void check_bundle(struct check *c, struct bytes text)
{
    const char *why;
    struct json *b = json_parse(text, &why);
    const struct json *envelope = json_get(b, "dsseEnvelope");
    const char *encoded = text_at(envelope, "payload");
    size_t n = 0;
    uint8_t *payload = encoded != NULL ? base64_decode(encoded, &n) : NULL;
    if (b == NULL) {
        failed(c, "%s is no bundle: %s", c->o->bundle, why);
    } else if (!is(text_at(b, "mediaType"), BUNDLE_TYPE) || payload == NULL) {
        failed(c, "%s is no Sigstore bundle with a DSSE envelope", c->o->bundle);
    } else if (check_hint(c, b) && check_signature(c, envelope, (struct bytes){ payload, n })) {
        check_statement(c, (struct bytes){ payload, n });
    }
    free(payload);
    json_free(b);
}

int verify_bundle(const struct verify_options *o, void (*fail)(void *ctx, const char *cause), void *ctx)
{
    struct check c = { .o = o, .fail = fail, .ctx = ctx };
    const char *why;
    size_t n = 0;
    uint8_t *text = read_file(o->bundle, &n, &why);
    if (text == NULL) {
        failed(&c, "%s: %s", o->bundle, why);
        return 2;
    }
    check_bundle(&c, (struct bytes){ text, n });
    disk_done(&c.disk);
    free(text);
    return c.unreadable ? 2 : c.failed ? 1 : 0;
}
