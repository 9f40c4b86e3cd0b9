#include "progress.h"

#include "../util/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REFRESH_MS 250
#define MAX_ETA 360000 /* seconds, 100 hours */

/* Prints 1536 as "1.5 KiB". */
static void print_bytes(double v)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
    size_t i = 0;
    while (v >= 1024 && i + 1 < sizeof units / sizeof units[0]) {
        v /= 1024;
        i++;
    }
    fprintf(stderr, i == 0 ? "%.0f %s" : "%.1f %s", v, units[i]);
}

/* Seconds until the end, at a rate in bytes per second. */
static uint64_t time_left(const struct progress_line *p, double rate)
{
    if (rate <= 0 || p->bytes <= p->done) {
        return 0;
    }
    double seconds = (double)(p->bytes - p->done) / rate;
    return seconds < MAX_ETA ? (uint64_t)seconds : MAX_ETA;
}

static void print_line(struct progress_line *p, uint64_t now_ms)
{
    double seconds = (double)(now_ms - p->start_ms) / 1000.0;
    double rate = seconds > 0 ? (double)p->done / seconds : 0;
    uint64_t total = p->bytes > p->done ? p->bytes : p->done;
    uint64_t eta = time_left(p, rate);

    fprintf(stderr, "\r%" PRIu64 " %s: ", p->files, p->files == 1 ? "file" : "files");
    print_bytes((double)p->done);
    fputs(" of ", stderr);
    print_bytes((double)total);
    fputs(", ", stderr);
    print_bytes(rate);
    fprintf(stderr, "/s, ETA %" PRIu64 ":%02" PRIu64 "\x1b[K", eta / 60, eta % 60);
    fflush(stderr);
    p->printed_ms = now_ms;
    p->visible = true;
}

static void on_expect(void *ctx, uint64_t files, uint64_t bytes)
{
    struct progress_line *p = ctx;
    p->files += files;
    if (!add_u64(p->bytes, bytes, &p->bytes)) {
        p->bytes = UINT64_MAX;
    }
}

static void on_read(void *ctx, uint64_t bytes)
{
    struct progress_line *p = ctx;
    uint64_t now_ms = clock_ms();
    p->done += bytes;
    if (now_ms - p->printed_ms >= REFRESH_MS) {
        print_line(p, now_ms);
    }
}

static bool is_enabled(const char *when)
{
    const char *term = getenv("TERM");
    if (strcmp(when, "auto") != 0) {
        return strcmp(when, "always") == 0;
    }
    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

bool progress_init(struct progress_line *p, const char *when)
{
    *p = (struct progress_line){ .start_ms = clock_ms() };
    p->printed_ms = p->start_ms;
    p->hooks = (struct progress){ on_expect, on_read, p };
    return is_enabled(when);
}

void progress_done(struct progress_line *p)
{
    if (p->visible) {
        fputs("\r\x1b[K", stderr);
        fflush(stderr);
    }
}
