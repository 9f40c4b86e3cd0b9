#include "log.h"

#include "../report/jsonw.h"
#include "../util/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct json *line_of(const char *event)
{
    char stamp[CLOCK_TEXT];
    struct json *o = json_obj();
    (void)clock_format(time(NULL), stamp); /* empty when it fails */
    json_set(o, "time", json_text(stamp));
    json_set(o, "event", json_text(event));
    return o;
}

/* One write a line: lines of threads do not mix.  A log that cannot be written stops nothing. */
static void put(struct json *o)
{
    char *text = json_line(o, false);
    if (text != NULL) {
        ssize_t n = write(STDERR_FILENO, text, strlen(text));
        (void)n;
    }
    free(text);
}

static struct json *text_of(const char *s)
{
    return s == NULL ? json_text(NULL) : json_bytes(bytes_of(s));
}

void log_pairs(const char *event, const char *const *pairs)
{
    struct json *o = line_of(event);
    for (; pairs[0] != NULL; pairs += 2) {
        json_set(o, pairs[0], text_of(pairs[1]));
    }
    put(o);
}

void log_scan(const char *name, const char *sha256, const char *verdict, const char *rule,
              const char *lane, uint64_t bytes, uint64_t ms)
{
    struct json *o = line_of("scan");
    json_set(o, "name", text_of(name));
    json_set(o, "sha256", text_of(sha256));
    json_set(o, "verdict", text_of(verdict));
    json_set(o, "rule", text_of(rule));
    json_set(o, "lane", text_of(lane));
    json_set(o, "bytes", json_u64(bytes));
    json_set(o, "ms", json_u64(ms));
    put(o);
}

void log_request(const char *method, const char *path, unsigned status, const char *why)
{
    struct json *o = line_of("request");
    json_set(o, "method", text_of(method));
    json_set(o, "path", text_of(path));
    json_set(o, "status", json_u64(status));
    json_set(o, "why", text_of(why));
    put(o);
}
