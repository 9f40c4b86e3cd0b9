#include "cli.h"

#include "progress.h"

#include "../report/write.h"
#include "../util/file_io.h"
#include "../util/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int exit_code(const struct report *r, enum severity fail_on)
{
    return report_found(r, fail_on) ? EXIT_FINDING
           : report_incomplete(r)   ? EXIT_INCOMPLETE
                                    : EXIT_CLEAN;
}

/* Standard input goes through a file of its own: parsers need random access. */
static bool scan_stdin(struct report *r, const struct scan_args *a)
{
    char chunk[65536];
    FILE *spool = tmpfile();
    bool ok = spool != NULL;
    size_t n;
    while (ok && (n = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
        ok = fwrite(chunk, 1, n, spool) == n;
    }
    if (!ok || ferror(stdin) || fflush(spool) != 0) {
        ok = report_add_gap(r, a->name, "standard input could not be read");
    } else {
        ok = scan_fd(r, &a->scan, fileno(spool), a->name);
    }
    if (spool != NULL) {
        fclose(spool);
    }
    return ok;
}

static bool scan_one(struct report *r, const struct scan_args *a, const char *path)
{
    return strcmp(path, "-") == 0 ? scan_stdin(r, a) : scan_path(r, &a->scan, path);
}

/* One path of a list; n: bytes with what ends them. */
static bool scan_line(struct report *r, struct scan_args *a, char *line, size_t n)
{
    if (!a->nul_separated && line[n - 1] == '\n') {
        line[--n] = 0;
    } else if (a->nul_separated && line[n - 1] == 0) {
        n--;
    }
    if (n > 0 && strlen(line) != n) {
        return report_add_gap(r, line, "NUL in a line of the list: -0 reads such lists");
    }
    for (size_t i = 0; i < a->num_outputs; i++) {
        a->clobbers = a->clobbers || (n > 0 && output_is_input(a->outputs[i].path, line));
    }
    return n == 0 || scan_path(r, &a->scan, line);
}

static bool scan_listed(struct report *r, struct scan_args *a)
{
    FILE *list = strcmp(a->files_from, "-") == 0 ? stdin : fopen(a->files_from, "re");
    if (list == NULL) {
        return report_add_gap(r, a->files_from, strerror(errno));
    }
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool ok = true;
    while (ok && !cancelled && (n = getdelim(&line, &cap, a->nul_separated ? 0 : '\n', list)) > 0) {
        ok = scan_line(r, a, line, (size_t)n);
    }
    if (ok && ferror(list)) { /* a folder, a bad disk: what else is in it nobody knows */
        ok = report_add_gap(r, a->files_from, "the list cannot be read");
    }
    free(line);
    if (list != stdin) {
        fclose(list);
    }
    return ok;
}

static struct report *scan_all(struct scan_args *a)
{
    struct report *r = scan_begin(&a->scan);
    bool ok = r != NULL && (a->files_from == NULL || scan_listed(r, a));
    for (size_t i = 0; ok && i < a->num_paths; i++) {
        ok = scan_one(r, a, a->paths[i]);
    }
    if (!ok) {
        report_free(r);
        return NULL;
    }
    scan_end(r);
    return r;
}

static char *as_text(const struct report *r, struct text_style style)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(t.out, &r->files[i], style);
    }
    write_text_end(t.out, r, style);
    return text_end(&t);
}

static bool use_color(const struct scan_args *a)
{
    const char *no = getenv("NO_COLOR");
    if (strcmp(a->color, "auto") != 0) {
        return strcmp(a->color, "always") == 0;
    }
    return a->out == NULL && isatty(STDOUT_FILENO) && (no == NULL || no[0] == 0);
}

static char *render(const struct report *r, const char *name, struct text_style style)
{
    const struct report_form *form = report_forms;
    while (form->name != NULL && strcmp(form->name, name) != 0) {
        form++;
    }
    return form->name != NULL ? form->write(r) : as_text(r, style);
}

/* To a file, or where path is NULL to standard output. */
static int put_form(const struct report *r, const struct scan_args *a, const char *name,
                    const char *path)
{
    struct text_style style = { (path == NULL || path == a->out) && use_color(a), a->quiet,
                                a->verbose };
    char *text = render(r, name, style);
    const char *why = NULL;
    int code = text == NULL ? complain(EXIT_INCOMPLETE, "out of memory") : 0;
    if (text != NULL && path == NULL) {
        fputs(text, stdout);
    } else if (text != NULL && cancelled != 0) {
        code = complain(EXIT_INCOMPLETE, "%s: not written, the scan was interrupted", path);
    } else if (text != NULL && !output_write(path, bytes_of(text), &why)) {
        code = complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    free(text);
    return code;
}

/* Lines need nothing of what comes later; what is redacted is redacted as a whole. */
static bool streams(const struct scan_args *a)
{
    return a->out == NULL && !a->redact && strcmp(a->format, "jsonl") == 0;
}

static int put(const struct report *r, const struct scan_args *a)
{
    int code = a->out == NULL && !streams(a) ? put_form(r, a, a->format, NULL) : 0;
    for (size_t i = 0; i < a->num_outputs && !a->clobbers; i++) {
        int failed = put_form(r, a, a->outputs[i].form != NULL ? a->outputs[i].form : a->format,
                              a->outputs[i].path);
        code = failed != 0 ? failed : code;
    }
    if (a->clobbers) {
        return complain(EXIT_USAGE,
                        "an output would overwrite what is scanned: nothing was written");
    }
    return code != 0 ? code : exit_code(r, a->scan.fail_on);
}

static void say_gaps(const struct report *r)
{
    size_t models = 0;
    for (size_t i = 0; i < r->num_files; i++) {
        const struct file_report *f = &r->files[i];
        models += f->verdict != VERDICT_NOT_A_MODEL;
        if (!f->hashed && f->num_gaps > 0) {
            complain(0, "%s: %s", f->path, f->gaps[0].reason);
        }
    }
    if (models == 0 && r->num_gaps == 0) {
        complain(0, "no model found");
    }
}

/* A line a file as it is finished; flushed, for somebody waits for it. */
static void stream_file(void *ctx, const struct file_report *f)
{
    bool *ok = ctx;
    char *line = write_jsonl_file(f);
    *ok = *ok && line != NULL && fputs(line, stdout) >= 0 && fflush(stdout) == 0;
    free(line);
}

int cmd_scan(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    int code = scan_args_parse(&a, argc, argv, &stop);
    if (code == 0 && !stop && a.num_paths == 0 && a.files_from == NULL) {
        code = complain(EXIT_USAGE, "nothing to scan; see modelassay scan --help");
    }
    for (size_t i = 0; code == 0 && i < a.num_paths * a.num_outputs; i++) {
        const char *out = a.outputs[i % a.num_outputs].path;
        if (output_is_input(out, a.paths[i / a.num_outputs])) {
            code = complain(EXIT_USAGE, "-o %s would overwrite what is scanned", out);
        }
    }
    if (code == 0 && !stop) {
        struct progress_line line;
        bool written = true;
        if (streams(&a)) {
            a.scan.on_file = stream_file;
            a.scan.on_file_ctx = &written;
        }
        a.scan.progress = progress_init(&line, a.progress) ? &line.hooks : NULL;
        struct report *r = scan_all(&a);
        progress_done(&line);
        if (r == NULL || (a.redact && !report_redact(r))) {
            code = complain(EXIT_INCOMPLETE, "out of memory");
        } else {
            say_gaps(r);
            code = put(r, &a);
            code = written
                       ? code
                       : complain(EXIT_INCOMPLETE, "standard output: not everything was written");
        }
        report_free(r);
    }
    scan_args_done(&a);
    return code;
}
