/* limits.c - four scanners in four threads: two are limited by inflated_bytes, two by
 * stored_bytes, and every gap of 1,600 reports names the limit of its own scanner.
 * usage: limits DEFLATED.zip STORED.zip */
#include <modelassay.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { THREADS = 4, SCANS = 400 };

struct limited {
    const char *limit; /* a name of docs/LIMITS.md */
    uint64_t value;
    const char *path; /* an archive of many members, the first of which passes that limit */
    char reason[80]; /* of its gaps */
};

static ma_rules *rules;

/* Every reason of the report is the expected one, and there is one. */
static void check_reasons(const char *json, const struct limited *l)
{
    size_t n = 0;
    for (const char *at = strstr(json, "\"reason\""); at != NULL;
         at = strstr(at + 1, "\"reason\"")) {
        if (strncmp(at, l->reason, strlen(l->reason)) != 0) {
            fprintf(stderr, "limited by %s, but %.60s\n", l->limit, at);
            exit(1);
        }
        n++;
    }

    MUST(n > 0);
}

static void *scan_often(void *arg)
{
    const struct limited *l = arg;
    ma_scanner *scanner = NULL;
    MUST(ma_scanner_new(rules, &scanner) == MA_OK);
    MUST(ma_scanner_limit(scanner, l->limit, l->value) == MA_OK);
    for (int i = 0; i < SCANS; i++) {
        ma_report *report = NULL;
        char *json = NULL;
        size_t size = 0;
        MUST(ma_scan_path(scanner, l->path, &report) == MA_OK);
        MUST(ma_report_write(report, MA_AS_JSON, &json, &size) == MA_OK);
        check_reasons(json, l);
        ma_buf_free(json);
        ma_report_free(report);
    }

    ma_scanner_free(scanner);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    char *why = NULL;
    MUST(argc == 3 && ma_rules_load(NULL, &rules, &why) == MA_OK);
    struct limited all[] = { { .limit = "inflated_bytes", .value = 16, .path = argv[1] },
                             { .limit = "stored_bytes", .value = 1, .path = argv[2] } };
    for (size_t i = 0; i < 2; i++) {
        snprintf(all[i].reason, sizeof all[i].reason, "\"reason\":\t\"limit %s reached\"",
                 all[i].limit);
    }

    for (size_t i = 0; i < THREADS; i++) {
        MUST(pthread_create(&threads[i], NULL, scan_often, &all[i % 2]) == 0);
    }

    for (size_t i = 0; i < THREADS; i++) {
        MUST(pthread_join(threads[i], NULL) == 0);
    }

    ma_rules_free(rules);
    return 0;
}
