/* api.c - the C API of modelassay.h: thin wrappers, no logic. */
#include "api.h"

#include "../report/write.h"
#include "../judge/waivers.h"
#include "../scan/scan.h"
#include "../util/text.h"
#include "../util/version.h"

#include <stdlib.h>
#include <string.h>

struct ma_rules {
    /* The rules in use: the built-in ones or `loaded`. */
    const struct ruleset *set;
    /* NULL for the built-in rules. */
    struct ruleset *loaded;
};

struct ma_scanner {
    struct scan_options options;
    struct waivers *policy;
    volatile int cancelled;
    struct progress progress;
    ma_progress_fn *on_progress;
    void *on_progress_ctx;
    /* Bytes read and bytes expected in the current scan. */
    uint64_t read, expected;
};

struct ma_report {
    struct report *r;
};

const struct report *api_report(const ma_report *r) { return r->r; }

ma_status ma_rules_load(const char *dir, ma_rules **out, char **why)
{
    *why = NULL;
    ma_rules *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return MA_E_NOMEM;
    }

    r->loaded = dir != NULL ? rules_load(dir, why) : NULL;
    if (dir != NULL && r->loaded == NULL) {
        free(r);
        return *why != NULL ? MA_E_RULES : MA_E_NOMEM;
    }

    r->set = r->loaded != NULL ? r->loaded : rules_builtin();
    *out = r;
    return MA_OK;
}

void ma_rules_free(ma_rules *r)
{
    if (r != NULL) {
        rules_free(r->loaded);
        free(r);
    }
}

ma_status ma_scanner_new(const ma_rules *r, ma_scanner **out)
{
    if (r == NULL) {
        return MA_E_ARG;
    }

    ma_scanner *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return MA_E_NOMEM;
    }

    scan_options_init(&s->options);
    s->options.rules = r->set;
    s->options.cancelled = &s->cancelled;
    *out = s;
    return MA_OK;
}

ma_status ma_scanner_limit(ma_scanner *s, const char *limit, uint64_t value)
{
    for (int i = 0; i < NUM_LIMITS; i++) {
        if (strcmp(limit_rows[i].name, limit) == 0) {
            s->options.max[i] = value;
            return MA_OK;
        }
    }
    return MA_E_ARG;
}

ma_status ma_scanner_policy(ma_scanner *s, const char *path, char **why)
{
    *why = NULL;
    struct waivers *p = path != NULL ? waivers_load(path, s->options.rules, why) : NULL;
    if (path != NULL && p == NULL) {
        return *why != NULL ? MA_E_RULES : MA_E_NOMEM;
    }

    waivers_free(s->policy);
    s->policy = p;
    s->options.policy = p;
    return MA_OK;
}

static void progress_expect(void *ctx, uint64_t files, uint64_t bytes)
{
    ma_scanner *s = ctx;
    (void)files; /* only the command line shows a number of files */
    s->expected += bytes;
}

static void progress_read(void *ctx, uint64_t bytes)
{
    ma_scanner *s = ctx;
    s->read += bytes;
    s->on_progress(s->on_progress_ctx, s->read, s->expected);
}

void ma_scanner_progress(ma_scanner *s, ma_progress_fn *on_progress, void *ctx)
{
    s->on_progress = on_progress;
    s->on_progress_ctx = ctx;
    s->progress = (struct progress){ progress_expect, progress_read, s };
    s->options.progress = on_progress != NULL ? &s->progress : NULL;
}

void ma_scanner_resolver(ma_scanner *s, ma_open_fn *open_file, void *ctx)
{
    s->options.open_external = open_file;
    s->options.open_external_ctx = ctx;
}

void ma_scanner_free(ma_scanner *s)
{
    if (s != NULL) {
        waivers_free(s->policy);
        free(s);
    }
}

void ma_cancel(ma_scanner *s) { s->cancelled = 1; }

/* Wraps r, or frees it when the scan ran out of memory. */
static ma_status finish_scan(struct report *r, bool ok, ma_report **out)
{
    ma_report *wrapped = ok && r != NULL ? calloc(1, sizeof *wrapped) : NULL;
    if (wrapped == NULL) {
        report_free(r);
        return MA_E_NOMEM;
    }

    scan_end(r);
    wrapped->r = r;
    *out = wrapped;
    return MA_OK;
}

static struct report *begin_scan(ma_scanner *s)
{
    s->read = s->expected = 0;
    return scan_begin(&s->options);
}

ma_status ma_scan_fd(ma_scanner *s, int fd, const char *label, ma_report **out)
{
    struct report *r = begin_scan(s);
    return finish_scan(r, r != NULL && scan_fd(r, &s->options, fd, label), out);
}

ma_status ma_scan_path(ma_scanner *s, const char *path, ma_report **out)
{
    struct report *r = begin_scan(s);
    return finish_scan(r, r != NULL && scan_path(r, &s->options, path), out);
}

ma_status ma_scan_mem(ma_scanner *s, const void *p, size_t n, const char *label, ma_report **out)
{
    struct report *r = begin_scan(s);
    return finish_scan(r, r != NULL && scan_mem(r, &s->options, (struct bytes){ p, n }, label),
                       out);
}

ma_verdict ma_report_verdict(const ma_report *r) { return (ma_verdict)r->r->verdict; }

size_t ma_report_files(const ma_report *r) { return r->r->num_files; }

const uint8_t *ma_report_sha256(const ma_report *r, size_t file)
{
    if (file >= r->r->num_files || !r->r->files[file].hashed) {
        return NULL;
    }
    return r->r->files[file].sha256;
}

size_t ma_report_count(const ma_report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->r->num_files; i++) {
        n += r->r->files[i].num_findings;
    }
    return n;
}

const ma_finding *ma_report_at(const ma_report *r, size_t i)
{
    for (size_t k = 0; k < r->r->num_files; k++) {
        if (i < r->r->files[k].num_findings) {
            return (const ma_finding *)&r->r->files[k].findings[i];
        }
        i -= r->r->files[k].num_findings;
    }
    return NULL;
}

static const struct finding *unwrap(const ma_finding *f) { return (const struct finding *)f; }

const char *ma_finding_rule(const ma_finding *f) { return unwrap(f)->rule->id; }

ma_severity ma_finding_severity(const ma_finding *f)
{
    return (ma_severity)unwrap(f)->rule->severity;
}

const char *ma_finding_where(const ma_finding *f) { return unwrap(f)->where; }

uint64_t ma_finding_offset(const ma_finding *f) { return unwrap(f)->offset; }

const char *ma_finding_evidence(const ma_finding *f) { return unwrap(f)->evidence; }

void ma_report_free(ma_report *r)
{
    if (r != NULL) {
        report_free(r->r);
        free(r);
    }
}

static char *write_text(const struct report *r)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }

    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(t.out, &r->files[i], (struct text_style){ 0 });
    }

    return text_end(&t);
}

ma_status ma_report_write(const ma_report *r, ma_form form, char **out, size_t *n)
{
    char *text = form == MA_AS_JSON ? write_json(r->r) : write_text(r->r);
    if (text == NULL) {
        return MA_E_NOMEM;
    }
    *out = text;
    *n = strlen(text);
    return MA_OK;
}

void ma_buf_free(void *p) { free(p); }

const char *ma_version(void) { return scanner_version(); }
