/* ram.c - a store in memory for one run: files that a folder holds under several names are scanned
 * once. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

struct ram_row {
    struct store_key key;
    struct store_row row;
    struct ram_row *next;
};
struct ram {
    struct ram_row *first;
};

void *ram_store_new(void) { return calloc(1, sizeof(struct ram)); }

static struct ram_row *find_row(const struct ram *db, const struct store_key *key)
{
    struct ram_row *r = db->first;
    while (r != NULL && memcmp(&r->key, key, sizeof *key) != 0) {
        r = r->next;
    }
    return r;
}

static uint8_t *copy_report(const uint8_t *p, size_t n)
{
    uint8_t *to = malloc(n + 1);
    if (to != NULL) {
        memcpy(to, p, n);
    }
    return to;
}

static int get_row(void *db, const struct store_key *key, struct store_row *row,
                   enum store_error *why)
{
    const struct ram_row *r = find_row(db, key);

    *why = STORE_OUT_OF_MEMORY;
    if (r == NULL) {
        return 0;
    }
    *row = r->row;
    row->report = copy_report(r->row.report, r->row.report_size);
    return row->report != NULL ? 1 : -1;
}

/* A row that is there already is kept: it is of the same bytes, rules and engine. */
static bool put_row(void *db, const struct store_key *key, const struct store_row *row,
                    enum store_error *why)
{
    struct ram *ram = db;

    if (find_row(ram, key) != NULL) {
        return true;
    }

    *why = STORE_OUT_OF_MEMORY;
    struct ram_row *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return false;
    }

    *r = (struct ram_row){ *key, *row, ram->first };
    r->row.report = copy_report(row->report, row->report_size);
    if (r->row.report == NULL) {
        free(r);
        return false;
    }

    ram->first = r;
    return true;
}

static void close_ram(void *db)
{
    struct ram *ram = db;
    while (ram->first != NULL) {
        struct ram_row *r = ram->first;
        ram->first = r->next;
        free(r->row.report);
        free(r);
    }
    free(ram);
}

const struct store_driver ram_driver = { .get = get_row, .put = put_row, .close = close_ram };
