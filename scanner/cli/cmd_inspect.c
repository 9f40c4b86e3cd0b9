/* cmd_inspect.c - the command inspect: prints every fact as JSON Lines. */
#include "cli.h"

#include "../report/jsonw.h"

#include <stdio.h>
#include <stdlib.h>

static void print_fact(void *ctx, const char *where, const struct fact *f)
{
    struct json *o = json_obj();
    (void)ctx; /* unused: the output is stdout */
    json_set(o, "fact", json_text(fact_kind_name(f->kind)));
    json_set(o, "where", json_text(where));
    json_set(o, "offset", json_u64(f->at.off));
    for (size_t i = 0; i < num_fact_fields; i++) {
        const struct fact_field *field = &fact_fields[i];
        struct bytes text = fact_text(f, field);
        struct num num = fact_num(f, field);
        if (text.p != NULL) {
            json_set(o, field->name, json_bytes(text));
        } else if (num.set) {
            json_set(o, field->name, json_u64(num.v));
        }
    }

    char *line = json_print(o, false);
    if (line != NULL) {
        puts(line);
    }

    free(line);
    json_free(o);
}

/* Prints the gaps of all files. */
static int print_gaps(const struct report *r)
{
    int code = 0;
    for (size_t i = 0; i < r->num_files; i++) {
        const struct file_report *f = &r->files[i];
        for (size_t k = 0; k < f->num_gaps; k++) {
            complain(0, "%s: %s", f->gaps[k].where, f->gaps[k].reason);
        }
        if (!f->complete) {
            code = EXIT_INCOMPLETE;
        }
    }
    return code;
}

static int inspect(struct scan_args *a)
{
    int code;
    a->scan.on_fact = print_fact;
    struct report *r = scan_begin(&a->scan);
    if (r != NULL && scan_path(r, &a->scan, a->paths[0])) {
        scan_end(r);
        code = print_gaps(r);
    } else {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    }

    report_free(r);
    return code;
}

int cmd_inspect(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    int code = scan_args_parse(&a, argc, argv, &stop);

    if (code == 0 && !stop && a.num_paths != 1) {
        code = complain(EXIT_USAGE, "inspect takes one path");
    } else if (code == 0 && !stop) {
        code = inspect(&a);
    }

    scan_args_done(&a);
    return code;
}
