#include "bytemap_rows.h"

#include "../report/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 200u /* bytes of a name in a row */

/* How many places from i on share a row: of one role, at most `step`. */
static size_t run_of(const struct region_map *w, size_t i, size_t step)
{
    size_t n = 1;
    while (n < step && i + n < w->n
           && bytes_eq(region_role(w, &w->items[i]), region_role(w, &w->items[i + n]))) {
        n++;
    }
    return n;
}

static char *name_of(const struct region_map *w, size_t i, size_t n)
{
    char *first = escape_printable(region_name(w, &w->items[i]), MAX_NAME), *all = NULL;
    if (n == 1 || first == NULL) {
        return first;
    }
    bool ok = asprintf(&all, "%s and %zu more", first, n - 1) >= 0;
    free(first);
    return ok ? all : NULL;
}

/* Places come from facts: their ranges are what a file declares, and may leave it. */
static struct range within(const struct file_report *f, struct range at)
{
    at.off = at.off < f->size ? at.off : f->size;
    at.len = at.len < f->size - at.off ? at.len : f->size - at.off;
    return at;
}

static struct range row_range(const struct file_report *f, const struct region_map *w, size_t i,
                              size_t n)
{
    struct range at = within(f, w->items[i].at);
    uint64_t end = at.off + at.len;
    for (size_t k = 1; k < n; k++) {
        struct range next = within(f, w->items[i + k].at);
        end = next.off + next.len > end ? next.off + next.len : end;
    }
    return (struct range){ at.off, end - at.off };
}

static bool add_rows(struct file_report *f, struct region_map *w, const char *role)
{
    region_map_sort(w);
    size_t step = w->n / BOUND_map_rows + 1, left = BOUND_map_rows;
    struct map_row *rows = realloc(f->map, (f->num_map + BOUND_map_rows) * sizeof *rows);
    if (rows == NULL) {
        return false;
    }
    f->map = rows;
    for (size_t i = 0, n; i < w->n && left > 0; i += n, left--) {
        n = run_of(w, i, step);
        struct map_row *row = &f->map[f->num_map++];
        row->at = row_range(f, w, i, n);
        row->name = name_of(w, i, n);
        row->role =
            role != NULL ? strdup(role) : escape_printable(region_role(w, &w->items[i]), MAX_NAME);
        if (row->name == NULL || row->role == NULL) {
            return false;
        }
    }
    return true;
}

bool bytemap_rows_keep(struct file_report *f, struct region_map *places, struct region_map *members)
{
    return add_rows(f, members, "member") && add_rows(f, places, NULL);
}
