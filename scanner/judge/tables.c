#include "tables.h"

#include "../report/escape.h"

#include <stdlib.h>
#include <string.h>

void *array_grow(void *array, size_t *cap, size_t used, size_t item)
{
    if (used < *cap) {
        return array;
    }
    size_t wanted = *cap == 0 ? 8 : *cap * 2;
    void *p = realloc(array, wanted * item);
    if (p != NULL) {
        *cap = wanted;
    }
    return p;
}

#define MAX_IMPORTS                                                                                \
    4096u /* rows of one file; beyond any honest one, and findings still see each import */
#define IMPORT_SLOTS 16384u

static uint64_t hash_text(uint64_t h, const char *s)
{
    for (; *s != 0; s++) {
        h = (h ^ (uint8_t)*s) * 0x100000001b3u;
    }
    return (h ^ 0xFF) * 0x100000001b3u;
}

/* The same global of the same object is listed once, where it is first seen. Its slot otherwise. */
static bool listed(struct collector *c, const struct import_row *row, size_t *slot)
{
    uint64_t h =
        hash_text(hash_text(hash_text(0xcbf29ce484222325u, row->where), row->module), row->name);
    for (*slot = (size_t)(h ^ h >> 32) % IMPORT_SLOTS; c->import_slots[*slot] != 0;
         *slot = (*slot + 1) % IMPORT_SLOTS) {
        const struct import_row *old = &c->file->imports[c->import_slots[*slot] - 1];
        if (strcmp(old->name, row->name) == 0 && strcmp(old->module, row->module) == 0
            && strcmp(old->where, row->where) == 0) {
            return true;
        }
    }
    return false;
}

void tables_add_import(struct collector *c, const struct fact *f)
{
    struct file_report *file = c->file;
    struct import_row row = { escape_printable(f->import.module, MAX_NAME_SHOWN),
                              escape_printable(f->import.name, MAX_NAME_SHOWN),
                              rules_safety(c->options->rules, f->import.module, f->import.name,
                                           BYTES("import"), NULL),
                              strdup(c->where), f->at.off };
    void *p = NULL;
    size_t slot = 0;
    if (c->import_slots == NULL) { /* most files import nothing */
        c->import_slots = calloc(IMPORT_SLOTS, sizeof *c->import_slots);
    }
    if (c->import_slots != NULL && row.module != NULL && row.name != NULL && row.where != NULL) {
        if (file->num_imports >= MAX_IMPORTS || listed(c, &row, &slot)) {
            goto drop;
        }
        p = array_grow(file->imports, &c->cap_imports, file->num_imports, sizeof row);
    }
    if (p != NULL) {
        file->imports = p;
        file->imports[file->num_imports++] = row;
        c->import_slots[slot] = (uint16_t)file->num_imports;
        return;
    }
    c->failed = true;
drop:
    free(row.module);
    free(row.name);
    free(row.where);
}

#define MAX_EXTERNS 4096u /* files that one model refers to */

bool tables_add_extern(struct collector *c, const struct fact *f)
{
    struct file_report *file = c->file;
    uint64_t end = 0;
    if (!add_u64(f->external.offset.v, f->external.length.v, &end)) {
        end = UINT64_MAX;
    }
    if (f->external.path.n == 0 || f->external.path.n > 4096
        || memchr(f->external.path.p, 0, f->external.path.n) != NULL) {
        return collect_gap(c, c->where, "external file without a usable name");
    }
    for (size_t i = 0; i < file->num_externs; i++) {
        struct extern_row *row = &file->externs[i];
        if (bytes_eq(f->external.path, bytes_of(row->path))) {
            row->end = end > row->end ? end : row->end;
            return true;
        }
    }
    if (file->num_externs == MAX_EXTERNS) {
        return collect_gap(c, c->where, "more than 4,096 external files");
    }
    void *p = array_grow(file->externs, &c->cap_externs, file->num_externs, sizeof *file->externs);
    char *path = strndup((const char *)f->external.path.p, f->external.path.n);
    if (p == NULL || path == NULL) {
        free(path);
        file->externs = p != NULL ? p : file->externs;
        return false;
    }
    file->externs = p;
    file->externs[file->num_externs++] = (struct extern_row){ path, end };
    return true;
}
