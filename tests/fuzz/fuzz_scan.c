/* fuzz_scan.c - a whole scan in memory without the sandbox, and every writer.
 *
 * Oracles: two scans write the same report; the JSON is valid; text has no control characters; only
 * complete files are clean. */
#include "../../scanner/report/jsonw.h"
#include "../../scanner/report/write.h"
#include "../../scanner/scan/scan.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct report *scan(struct bytes b)
{
    struct scan_options o;
    struct budget small;
    scan_options_init(&o);
    fuzz_budget(&small);
    memcpy(o.max, small.max, sizeof o.max);
    o.max[LIMIT_objects] = 100;
    struct report *r = scan_begin(&o);
    if (r == NULL || !scan_mem(r, &o, b, "fuzz.bin")) {
        MUST(fuzz_failed());
        report_free(r);
        return NULL;
    }

    scan_end(r);
    strcpy(r->started, r->finished);
    return r;
}

static void check_text(const struct report *r)
{
    struct text_style style = { .verbose = true };
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL) {
        MUST(fuzz_failed());
        return;
    }

    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(out, &r->files[i], style);
    }

    write_text_end(out, r, style);
    MUST(fclose(out) == 0);
    for (size_t i = 0; i < n; i++) {
        MUST((unsigned char)text[i] >= 32 || text[i] == '\n');
    }

    free(text);
}

/* The part of a report that does not depend on the time.  The caller frees it. */
static char *files_of(const struct report *r)
{
    const char *why = NULL;
    char *text = write_json(r);
    if (text == NULL) {
        return NULL;
    }

    struct json *j = json_parse(bytes_of(text), &why);
    MUST(j != NULL || fuzz_failed());
    free(text);
    char *files = json_print(json_get(j, "files"), false);
    json_free(j);
    return files;
}

static void check(const struct report *r, size_t size)
{
    if (r == NULL) {
        return;
    }

    const struct file_report *f = &r->files[0];
    MUST(r->num_files == 1 && r->verdict == f->verdict);
    if (f->verdict == VERDICT_CLEAN) {
        MUST(f->complete && f->num_gaps == 0);
        MUST(f->hashed && f->bytes_searched == size);
    }

    check_text(r);
}

/* If memory failed in one scan, its file is incomplete, or its verdict is the same. */
static void compare(const struct report *first, const struct report *second)
{
    char *a = files_of(first);
    char *z = files_of(second);
    char *lines = write_jsonl(first);
    if (!fuzz_failed()) {
        MUST(lines != NULL);
        MUST(a != NULL && z != NULL && strcmp(a, z) == 0);
    }

    bool is_complete = first->files[0].complete && second->files[0].complete;
    MUST(first->verdict == second->verdict || !is_complete);
    free(a);
    free(z);
    free(lines);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct bytes b = { data, size };
    struct report *first = scan(b);
    struct report *second = scan(b);
    check(first, size);
    check(second, size);
    if (first != NULL && second != NULL) {
        compare(first, second);
    }

    report_free(first);
    report_free(second);
}
