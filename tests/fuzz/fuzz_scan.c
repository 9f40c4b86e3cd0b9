/* fuzz_scan.c - a whole scan in memory, all rooms but the box, and every writer.
 *
 * Oracles: two scans write the same report; the JSON is JSON; text holds nothing that a
 * terminal obeys; only complete files are clean. */
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

static char *files_of(const struct report *r)
{
    const char *why = NULL;
    char *text = write_json(r);
    struct json *j = text != NULL ? json_parse(bytes_of(text), &why) : NULL;
    MUST(text == NULL || j != NULL || fuzz_failed());
    free(text);
    char *files = json_print(json_get(j, "files"), false); /* without the times of day */
    json_free(j);
    return files;
}

static void check(const struct report *r, size_t size)
{
    if (r != NULL) {
        const struct file_report *f = &r->files[0];
        MUST(r->num_files == 1 && r->verdict == f->verdict);
        MUST(f->verdict != VERDICT_CLEAN
             || (f->complete && f->num_gaps == 0 && f->hashed && f->bytes_searched == size));
        check_text(r);
    }
}

/* Where memory was short in one of them, that one says that it is incomplete, or it found the
 * same. */
static void compare(const struct report *first, const struct report *second)
{
    char *a = files_of(first), *z = files_of(second), *lines = write_jsonl(first);
    MUST(fuzz_failed() || (a != NULL && z != NULL && lines != NULL && strcmp(a, z) == 0));
    MUST(first->verdict == second->verdict || !first->files[0].complete
         || !second->files[0].complete);
    free(a);
    free(z);
    free(lines);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct bytes b = { data, size };
    struct report *first = scan(b), *second = scan(b);
    check(first, size);
    check(second, size);
    if (first != NULL && second != NULL) {
        compare(first, second);
    }
    report_free(first);
    report_free(second);
}
