/* cmd_scan.c - the command scan. */
#include "cli.h"

#include "progress.h"

#include "../report/write.h"
#include "../util/file_io.h"
#include "../util/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int exit_code(const struct report *r, enum severity fail_on)
{
    if (report_found(r, fail_on)) {
        return EXIT_FINDING;
    }
    return report_incomplete(r) ? EXIT_INCOMPLETE : EXIT_CLEAN;
}

/* --- scanning --------------------------------------------------------------------- */

static bool copy_stdin(FILE *to)
{
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
        if (fwrite(chunk, 1, n, to) != n) {
            return false;
        }
    }
    return !ferror(stdin) && fflush(to) == 0;
}

/* Standard input is copied to a temporary file: parsers need random access. */
static bool scan_stdin(struct report *r, const struct scan_args *a)
{
    FILE *spool = tmpfile();
    bool ok;

    if (spool != NULL && copy_stdin(spool)) {
        ok = scan_fd(r, &a->scan, fileno(spool), a->name);
    } else {
        ok = report_add_gap(r, a->name, gap_of(GAP_STDIN_UNREADABLE));
    }

    if (spool != NULL) {
        fclose(spool);
    }
    return ok;
}

static bool scan_argument(struct report *r, const struct scan_args *a, const char *path)
{
    if (strcmp(path, "-") == 0) {
        return scan_stdin(r, a);
    }
    return scan_path(r, &a->scan, path);
}

/* Scans one path of a list; n counts the bytes with their terminator. */
static bool scan_line(struct report *r, struct scan_args *a, char *line, size_t n)
{
    if (!a->nul_separated && line[n - 1] == '\n') {
        line[--n] = 0;
    } else if (a->nul_separated && line[n - 1] == 0) {
        n--;
    }

    if (n == 0) {
        return true;
    }
    if (strlen(line) != n) {
        return report_add_gap(r, line, gap_of(GAP_LIST_HAS_NUL));
    }

    for (size_t i = 0; i < a->num_outputs; i++) {
        if (output_is_input(a->outputs[i].path, line)) {
            a->overwrites_input = true;
        }
    }
    return scan_path(r, &a->scan, line);
}

static bool scan_lines(struct report *r, struct scan_args *a, FILE *list)
{
    int separator = a->nul_separated ? 0 : '\n';
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool ok = true;

    while (ok && !cancelled && (n = getdelim(&line, &cap, separator, list)) > 0) {
        ok = scan_line(r, a, line, (size_t)n);
    }

    free(line);
    /* An unreadable rest of the list (a folder, a bad disk) makes the scan incomplete. */
    if (ok && ferror(list)) {
        ok = report_add_gap(r, a->files_from, gap_of(GAP_LIST_UNREADABLE));
    }
    return ok;
}

static bool scan_listed(struct report *r, struct scan_args *a)
{
    if (strcmp(a->files_from, "-") == 0) {
        return scan_lines(r, a, stdin);
    }

    FILE *list = fopen(a->files_from, "re");
    if (list == NULL) {
        return report_add_gap(r, a->files_from, gap_errno(errno));
    }

    bool ok = scan_lines(r, a, list);
    fclose(list);
    return ok;
}

static struct report *scan_all(struct scan_args *a)
{
    struct report *r = scan_begin(&a->scan);
    bool ok = r != NULL && (a->files_from == NULL || scan_listed(r, a));

    for (size_t i = 0; ok && i < a->num_paths; i++) {
        ok = scan_argument(r, a, a->paths[i]);
    }

    if (!ok) {
        report_free(r);
        return NULL;
    }

    scan_end(r);
    return r;
}

/* --- output ------------------------------------------------------------------------ */

static char *write_text(const struct report *r, struct text_style style)
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
    bool refused = no != NULL && no[0] != 0;
    return a->out == NULL && isatty(STDOUT_FILENO) && !refused;
}

/* Returns the report in a form as heap text, or NULL when out of memory. */
static char *write_form(const struct report *r, const char *name, struct text_style style)
{
    for (const struct report_form *form = report_forms; form->name != NULL; form++) {
        if (strcmp(form->name, name) == 0) {
            return form->write(r);
        }
    }
    return write_text(r, style);
}

static int save_text(const char *text, const char *path)
{
    const char *why = NULL;
    if (cancelled != 0) {
        return complain(EXIT_INCOMPLETE, "%s: not written, the scan was interrupted", path);
    }
    if (!output_write(path, bytes_of(text), &why)) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    return 0;
}

/* Writes a form of the report to a file, or with path NULL to standard output. */
static int output_form(const struct report *r, const struct scan_args *a, const char *name,
                       const char *path)
{
    bool colored = (path == NULL || path == a->out) && use_color(a);
    struct text_style style = { colored, a->quiet, a->verbose };
    char *text = write_form(r, name, style);
    int code = 0;

    if (text == NULL) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    if (path == NULL) {
        fputs(text, stdout);
    } else {
        code = save_text(text, path);
    }

    free(text);
    return code;
}

/* Are files written as they are finished? Redaction works on whole reports. */
static bool is_streamed(const struct scan_args *a)
{
    return a->out == NULL && !a->redact && strcmp(a->format, "jsonl") == 0;
}

static int output_report(const struct report *r, const struct scan_args *a)
{
    int code = 0;
    if (a->out == NULL && !is_streamed(a)) {
        code = output_form(r, a, a->format, NULL);
    }

    if (a->overwrites_input) {
        return complain(EXIT_USAGE,
                        "an output would overwrite what is scanned: nothing was written");
    }

    for (size_t i = 0; i < a->num_outputs; i++) {
        const struct scan_output *out = &a->outputs[i];
        const char *form = out->form != NULL ? out->form : a->format;
        int failed = output_form(r, a, form, out->path);
        if (failed != 0) {
            code = failed;
        }
    }
    return code != 0 ? code : exit_code(r, a->scan.fail_on);
}

/* Prints which files could not be read, and whether there was a model at all. */
static void print_gaps(const struct report *r)
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

/* Writes a line for each file when it is finished, flushed for the reader of a pipe. */
static void stream_file(void *ctx, const struct file_report *f)
{
    bool *ok = ctx;
    char *line = write_jsonl_file(f);
    *ok = *ok && line != NULL && fputs(line, stdout) >= 0 && fflush(stdout) == 0;
    free(line);
}

/* --- the command ------------------------------------------------------------------- */

static int check_arguments(const struct scan_args *a)
{
    if (a->num_paths == 0 && a->files_from == NULL) {
        return complain(EXIT_USAGE, "nothing to scan; see modelassay scan --help");
    }

    for (size_t i = 0; i < a->num_paths * a->num_outputs; i++) {
        const char *out = a->outputs[i % a->num_outputs].path;
        if (output_is_input(out, a->paths[i / a->num_outputs])) {
            return complain(EXIT_USAGE, "-o %s would overwrite what is scanned", out);
        }
    }
    return 0;
}

static int scan(struct scan_args *a)
{
    struct progress_line line;
    bool written = true;
    int code;

    if (is_streamed(a)) {
        a->scan.on_file = stream_file;
        a->scan.on_file_ctx = &written;
    }

    a->scan.progress = progress_init(&line, a->progress) ? &line.hooks : NULL;

    struct report *r = scan_all(a);
    progress_done(&line);
    if (r == NULL || (a->redact && !report_redact(r))) {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    } else {
        print_gaps(r);
        code = output_report(r, a);
        if (!written) {
            code = complain(EXIT_INCOMPLETE, "standard output: not everything was written");
        }
    }

    report_free(r);
    return code;
}

int cmd_scan(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    int code = scan_args_parse(&a, argc, argv, &stop);

    if (code == 0 && !stop) {
        code = check_arguments(&a);
    }

    if (code == 0 && !stop) {
        code = scan(&a);
    }

    scan_args_done(&a);
    return code;
}
