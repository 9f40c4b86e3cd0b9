/* preload.c - scan a descriptor, and go on with that very descriptor or not at all.
 *
 *   cc preload.c $(pkg-config --cflags --libs modelassay) */
#include <modelassay.h>

#include <fcntl.h>
#include <stdio.h>

static int refuse(const ma_report *report)
{
    for (size_t i = 0; i < ma_report_count(report); i++) {
        const ma_finding *f = ma_report_at(report, i);
        fprintf(stderr, "%s: %s in %s\n", ma_finding_rule(f), ma_finding_evidence(f),
                ma_finding_where(f));
    }
    fputs("this model will not be loaded\n", stderr);
    return 1;
}

int main(int argc, char **argv)
{
    ma_rules *rules = NULL;
    ma_scanner *scanner = NULL;
    ma_report *report = NULL;
    char *why = NULL;
    int code = 2, fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && ma_rules_load(NULL, &rules, &why) == MA_OK
        && ma_scanner_new(rules, &scanner) == MA_OK
        && ma_scan_fd(scanner, fd, argv[1], &report) == MA_OK) {
        /* Load from fd from here on: opening the path again could find another file. */
        code = ma_report_verdict(report) == MA_CLEAN ? 0 : refuse(report);
    }
    ma_report_free(report);
    ma_scanner_free(scanner);
    ma_rules_free(rules);
    ma_buf_free(why);
    return code;
}
