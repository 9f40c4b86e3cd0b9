#include "scan.h"

#include "../report/escape.h"
#include "file.h"
#include "amend.h"
#include "../judge/waivers.h"
#include "references.h"
#include "walk.h"
#include "prefetch.h"
#include "../util/io.h"
#include "../util/clock.h"
#include "../util/hex.h"
#include "../util/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void stamp(char out[CLOCK_TEXT])
{
    if (!clock_format(time(NULL), out)) {
        strcpy(out, "1970-01-01T00:00:00Z");
    }
}

/* Why no further file is scanned, or GAP_NONE. */
static struct gap stop_reason(const struct report *r, const struct scan_options *o)
{
    if (o->cancelled != NULL && *o->cancelled != 0) {
        return gap_of(GAP_SCAN_CANCELLED);
    }
    bool late = (uint64_t)(clock_seconds() - r->began) >= o->max[LIMIT_scan_seconds];
    return late ? (struct gap){ .code = GAP_SCAN_LIMIT, .limit = LIMIT_scan_seconds }
                : gap_of(GAP_NONE);
}

struct report *scan_begin(const struct scan_options *o)
{
    struct report *r = calloc(1, sizeof *r);
    if (r != NULL) {
        r->rules = o->rules;
        r->fail_on = o->fail_on;
        r->sandbox = o->scan_in_sandbox != NULL && o->sandbox != NULL ? o->sandbox : "none";
        r->policy_digest = o->policy != NULL ? waivers_digest(o->policy) : NULL;
        r->began = clock_seconds();
        stamp(r->started);
    }
    return r;
}

bool report_add_gap(struct report *r, const char *where, struct gap g)
{
    if (!vec_extend(&r->gaps, r->num_gaps, sizeof *r->gaps)) {
        return false;
    }
    bool ok = unscanned_init(&r->gaps[r->num_gaps], escape_invalid(bytes_of(where), NULL), &g);
    r->num_gaps += ok;
    return ok;
}

static struct file_report *add_file(struct report *r, const char *path, const char *rel)
{
    if (!vec_grow(&r->files, &r->cap_files, r->num_files + 1, sizeof *r->files)) {
        return NULL;
    }
    struct file_report *f = &r->files[r->num_files++];
    bool changed = false;
    *f = (struct file_report){ .path = escape_invalid(bytes_of(path), &changed),
                               .rel = escape_invalid(bytes_of(rel), NULL) };
    if (changed) {
        f->path_hex = hex_encode(bytes_of(path));
    }
    bool ok = f->path != NULL && f->rel != NULL && (!changed || f->path_hex != NULL);
    return ok ? f : NULL;
}

/* Applies the policy; the report of the file is final then. */
static bool notify_file(const struct scan_options *o, struct file_report *f)
{
    if (o->policy != NULL) {
        if (!waivers_apply(o->policy, f)) {
            return false;
        }
        file_rejudge(f);
    }
    if (o->on_file != NULL) {
        o->on_file(o->on_file_ctx, f);
    }
    return true;
}

static bool add_unreadable(struct report *r, const struct scan_options *o, const char *path,
                           const char *rel, struct gap g)
{
    struct file_report *f = add_file(r, path, rel);
    return f != NULL && file_unreadable(f, g) && notify_file(o, f);
}

static void expect(const struct scan_options *o, uint64_t files, uint64_t bytes)
{
    if (o->progress != NULL) {
        o->progress->expect(o->progress->ctx, files, bytes);
    }
}

/* path: where files that it refers to are opened; NULL: nowhere. */
static bool add_open(struct report *r, const struct scan_options *o, int fd, const char *label,
                     const char *rel, const char *path, bool named)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return add_unreadable(r, o, label, rel, gap_errno(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return add_unreadable(r, o, label, rel, gap_of(GAP_NOT_REGULAR));
    }
    struct file_report *f = add_file(r, label, rel);
    size_t index = r->num_files - 1;
    if (f == NULL || !scan_file(f, o, fd, (uint64_t)st.st_size, named)
        || !references_of_file(r, o, path, index, named)) {
        return false;
    }
    f = &r->files[index];
    /* its report may depend on the rest of the folder: see add_folder */
    f->state.report_deferred = !named && (f->state.unclaimed || references_are_deferred(f->rel));
    return f->state.report_deferred || notify_file(o, f);
}

bool scan_external(struct report *r, const struct scan_options *o, int fd, const char *path,
                   const char *rel)
{
    struct stat st;
    for (size_t i = 0; i < r->num_files; i++) {
        if (strcmp(r->files[i].path, path) == 0) {
            return true; /* two tensors, or two models, in one file */
        }
    }
    struct file_report *f = fstat(fd, &st) == 0 ? add_file(r, path, rel) : NULL;
    return f != NULL && scan_external_file(f, o, fd, (uint64_t)st.st_size) && notify_file(o, f);
}

/* fd: the path, opened already, or -1; closed in either case. */
static bool add_path(struct report *r, const struct scan_options *o, int fd, const char *path,
                     const char *rel, bool named)
{
    fd = fd >= 0 ? fd : path_open(path);
    if (fd < 0) {
        return add_unreadable(r, o, path, rel, gap_errno(errno));
    }
    bool ok = add_open(r, o, fd, path, rel, path, named);
    close(fd);
    return ok;
}

/* A file is scanned once, however many names it has; what depends on the name is evaluated for
 * each. */
static bool add_walked(struct report *r, const struct scan_options *o, const struct walk_entry *e,
                       int fd)
{
    struct scan_options with = *o;
    if (e->has_other_names && o->cache == NULL) {
        with.cache = o->same_inode;
    }
    return add_path(r, &with, fd, e->path, e->rel, false);
}

static bool add_entry(struct report *r, const struct scan_options *o, const struct walk_entry *e,
                      int fd)
{
    if (path_excluded(o, e->rel)) {
        return report_add_gap(r, e->path, gap_of(GAP_EXCLUDED));
    }
    switch (e->kind) {
    case WALK_FILE: return add_walked(r, o, e, fd);
    case WALK_DIR_SYMLINK: return report_add_gap(r, e->path, gap_of(GAP_FOLDER_SYMLINK));
    case WALK_SPECIAL: return report_add_gap(r, e->path, gap_of(GAP_NOT_REGULAR));
    case WALK_ERROR: return add_unreadable(r, o, e->path, e->rel, gap_errno(e->err));
    }
    return false;
}

/* For progress only: sizes may have changed when the files are scanned. */
static void expect_list(const struct scan_options *o, const struct walk_list *list)
{
    uint64_t bytes = 0, files = 0;
    struct stat st;
    for (size_t i = 0; o->progress != NULL && i < list->n; i++) {
        const struct walk_entry *e = &list->entries[i];
        bool is_scanned = e->kind == WALK_FILE && !path_excluded(o, e->rel);
        if (is_scanned && stat(e->path, &st) == 0 && add_u64(bytes, (uint64_t)st.st_size, &bytes)) {
            files++;
        }
    }
    expect(o, files, bytes);
}

static bool add_entries(struct report *r, const struct scan_options *o,
                        const struct walk_list *list)
{
    struct prefetch w;
    bool ok = true;
    size_t i = 0;
    prefetch_open(&w, o);
    for (; ok && i < list->n; i++) {
        struct gap stop = stop_reason(r, o);
        if (stop.code != GAP_NONE) {
            ok = report_add_gap(r, list->entries[i].path, stop);
            break;
        }
        ok = add_entry(r, o, &list->entries[i], prefetch_take(&w, o, list, i));
    }
    prefetch_close(&w, o, i);
    return ok;
}

static bool notify_deferred(struct report *r, const struct scan_options *o)
{
    for (size_t i = 0; i < r->num_files; i++) {
        struct file_report *f = &r->files[i];
        bool deferred = f->state.report_deferred;
        f->state.report_deferred = false;
        if (deferred && !notify_file(o, f)) {
            return false;
        }
    }
    return true;
}

static bool add_folder(struct report *r, const struct scan_options *o, const char *path)
{
    struct walk_list list;
    bool ok = walk_folder(path, &list);
    expect_list(o, &list);
    ok = ok && add_entries(r, o, &list);
    walk_done(&list);
    return ok && references_of_folder(r, o) && notify_deferred(r, o);
}

/* The first path of a scan is its root. */
static bool set_root(struct report *r, const char *path, bool is_dir)
{
    if (r->root != NULL || r->num_files > 0) {
        return true;
    }
    r->root = strdup(path);
    r->root_is_dir = is_dir;
    return r->root != NULL;
}

bool scan_path(struct report *r, const struct scan_options *o, const char *path)
{
    struct gap stop = stop_reason(r, o);
    if (stop.code != GAP_NONE) {
        return report_add_gap(r, path, stop);
    }
    struct stat st = { 0 };
    bool exists = stat(path, &st) == 0;
    bool is_dir = exists && S_ISDIR(st.st_mode);
    if (!set_root(r, path, is_dir)) {
        return false;
    }
    if (is_dir) {
        return add_folder(r, o, path);
    }
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL && slash[1] != 0 ? slash + 1 : path;
    expect(o, 1, exists ? (uint64_t)st.st_size : 0);
    return add_path(r, o, -1, path, base, true);
}

bool scan_fd(struct report *r, const struct scan_options *o, int fd, const char *label)
{
    return add_open(r, o, fd, label, label, NULL, true);
}

bool scan_found_fd(struct report *r, const struct scan_options *o, int fd, const char *label)
{
    if (!add_open(r, o, fd, label, label, NULL, false)) {
        return false;
    }
    struct file_report *f = &r->files[r->num_files - 1];
    bool report_deferred = f->state.report_deferred;
    f->state.report_deferred = false; /* no model of a folder can refer to it any more */
    return !report_deferred || notify_file(o, f);
}

bool scan_cached(struct report *r, const struct scan_options *o, const uint8_t sha256[32],
                 const char *label, bool *known)
{
    struct file_report *f = add_file(r, label, label);
    size_t index = r->num_files - 1;
    *known = f != NULL && o->cache != NULL && o->cache->lookup(o->cache->ctx, o, sha256, NULL, f);
    if (!*known) {
        return false;
    }
    memcpy(f->sha256, sha256, 32);
    f->hashed = true;
    return references_of_file(r, o, NULL, index, true) && notify_file(o, &r->files[index]);
}

bool scan_mem(struct report *r, const struct scan_options *o, struct bytes b, const char *label)
{
    int fd = memfd_create("modelassay-mem", MFD_CLOEXEC);
    bool ok = fd >= 0 && io_write_all(fd, b.p, b.n) && add_open(r, o, fd, label, label, NULL, true);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

void scan_end(struct report *r)
{
    r->verdict = VERDICT_NOT_A_MODEL;
    for (size_t i = 0; i < r->num_files; i++) {
        r->verdict = r->files[i].verdict > r->verdict ? r->files[i].verdict : r->verdict;
    }
    for (size_t i = 0; i < r->num_gaps; i++) {
        if (gap_counts(&r->gaps[i]) && r->verdict < VERDICT_INCOMPLETE) {
            r->verdict = VERDICT_INCOMPLETE;
        }
    }
    stamp(r->finished);
}
