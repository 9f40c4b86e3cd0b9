/* ram.c - the store of one run: for files that a folder holds under several names. */
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

static struct ram_row *find(const struct ram *db, const struct store_key *key)
{
    struct ram_row *r = db->first;
    while (r != NULL && memcmp(&r->key, key, sizeof *key) != 0) {
        r = r->next;
    }
    return r;
}

static uint8_t *copy(const uint8_t *p, size_t n)
{
    uint8_t *to = malloc(n + 1);
    if (to != NULL) {
        memcpy(to, p, n);
    }
    return to;
}

static int get(void *db, const struct store_key *key, struct store_row *row, const char **why)
{
    const struct ram_row *r = find(db, key);
    *why = "out of memory";
    if (r == NULL) {
        return 0;
    }
    *row = r->row;
    row->answer = copy(r->row.answer, r->row.n);
    return row->answer != NULL ? 1 : -1;
}

static bool put(void *db, const struct store_key *key, const struct store_row *row,
                const char **why)
{
    struct ram *ram = db;
    struct ram_row *r = find(ram, key) == NULL ? calloc(1, sizeof *r) : NULL;
    *why = "out of memory";
    if (r == NULL) {
        return find(ram, key) != NULL; /* what is there is of the same bytes, rules and engine */
    }
    *r = (struct ram_row){ *key, *row, ram->first };
    r->row.answer = copy(row->answer, row->n);
    if (r->row.answer == NULL) {
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
        free(r->row.answer);
        free(r);
    }
    free(ram);
}

const struct store_driver ram_driver = { get, put, close_ram };
