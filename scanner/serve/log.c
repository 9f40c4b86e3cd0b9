#include "log.h"

#include "../report/escape.h"
#include "../report/jsonw.h"
#include "../util/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int serve_complain(int code, const char *format, ...)
{
    char *text = NULL, *shown = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0) {
        shown = escape_printable(bytes_of(text), 8192);
        free(text);
    }

    va_end(args);
    fprintf(stderr, "modelassay-serve: %s\n", shown != NULL ? shown : "out of memory");
    free(shown);
    return code;
}

static struct json *new_entry(const char *event)
{
    char stamp[CLOCK_TEXT];
    struct json *o = json_obj();
    (void)clock_format(time(NULL), stamp); /* empty when it fails */
    json_set(o, "time", json_text(stamp));
    json_set(o, "event", json_text(event));
    return o;
}

/* One write() for each line, so that lines of different threads do not mix. A failure of the log is
 * ignored. Takes over o. */
static void write_entry(struct json *o)
{
    char *text = json_line(o, false);
    if (text != NULL) {
        ssize_t n = write(STDERR_FILENO, text, strlen(text));
        (void)n;
    }
    free(text);
}

static struct json *text_or_null(const char *s)
{
    return s == NULL ? json_text(NULL) : json_bytes(bytes_of(s));
}

void log_pairs(const char *event, const char *const *pairs)
{
    struct json *o = new_entry(event);
    for (; pairs[0] != NULL; pairs += 2) {
        json_set(o, pairs[0], text_or_null(pairs[1]));
    }
    write_entry(o);
}

void log_scan(const char *name, const char *sha256, const char *verdict, const char *rule,
              const char *lane, uint64_t bytes, uint64_t ms)
{
    struct json *o = new_entry("scan");
    json_set(o, "name", text_or_null(name));
    json_set(o, "sha256", text_or_null(sha256));
    json_set(o, "verdict", text_or_null(verdict));
    json_set(o, "rule", text_or_null(rule));
    json_set(o, "lane", text_or_null(lane));
    json_set(o, "bytes", json_u64(bytes));
    json_set(o, "ms", json_u64(ms));
    write_entry(o);
}

void log_request(const char *method, const char *path, unsigned status, const char *why)
{
    struct json *o = new_entry("request");
    json_set(o, "method", text_or_null(method));
    json_set(o, "path", text_or_null(path));
    json_set(o, "status", json_u64(status));
    json_set(o, "why", text_or_null(why));
    write_entry(o);
}
