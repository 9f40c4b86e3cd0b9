#include "tables.h"

#include "../report/escape.h"
#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT_SLOTS 16384u

static uint64_t hash_text(uint64_t h, const char *s)
{
    for (; *s != 0; s++) {
        h = (h ^ (uint8_t)*s) * 0x100000001b3u;
    }
    return (h ^ 0xFF) * 0x100000001b3u;
}

static bool same_import(const struct import_row *a, const struct import_row *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->module, b->module) == 0
           && strcmp(a->where, b->where) == 0;
}

/* Is this global of this object listed already? Else *slot is the one to take. */
static bool is_listed(const struct judge *j, const struct import_row *row, size_t *slot)
{
    uint64_t h = hash_text(0xcbf29ce484222325u, row->where);
    h = hash_text(hash_text(h, row->module), row->name);
    *slot = (size_t)(h ^ h >> 32) % IMPORT_SLOTS;
    while (j->import_slots[*slot] != 0) {
        if (same_import(&j->file->imports[j->import_slots[*slot] - 1], row)) {
            return true;
        }
        *slot = (*slot + 1) % IMPORT_SLOTS;
    }
    return false;
}

static void import_row_done(struct import_row *row)
{
    free(row->module);
    free(row->name);
    free(row->where);
}

static bool make_import_row(struct import_row *row, const struct judge *j,
                            const struct object_ctx *of, const struct fact_import *import,
                            uint64_t offset)
{
    row->module = escape_printable(import->module, BOUND_shown_name_bytes);
    row->name = escape_printable(import->name, BOUND_shown_name_bytes);
    row->safety = rules_safety(j->rules, import->module, import->name, BYTES("import"), NULL);
    row->where = strdup(of->label);
    row->offset = offset;
    return row->module != NULL && row->name != NULL && row->where != NULL;
}

/* Most files import nothing: the slots come with the first import. */
static bool need_slots(struct judge *j)
{
    if (j->import_slots == NULL) {
        j->import_slots = calloc(IMPORT_SLOTS, sizeof *j->import_slots);
    }
    return j->import_slots != NULL;
}

static bool append_import(struct judge *j, const struct import_row *row, size_t slot)
{
    struct file_report *file = j->file;
    if (!vec_grow(&file->imports, &j->cap_imports, file->num_imports + 1, sizeof *row)) {
        return false;
    }
    file->imports[file->num_imports++] = *row;
    j->import_slots[slot] = (uint16_t)file->num_imports;
    return true;
}

void tables_add_import(struct judge *j, const struct object_ctx *of, const struct fact *f)
{
    struct import_row row = { 0 };
    size_t slot = 0;
    if (!make_import_row(&row, j, of, &f->import, f->at.off) || !need_slots(j)) {
        import_row_done(&row);
        j->failed = true;
        return;
    }
    if (j->file->num_imports >= BOUND_imports || is_listed(j, &row, &slot)) {
        import_row_done(&row);
        return;
    }
    if (!append_import(j, &row, slot)) {
        import_row_done(&row);
        j->failed = true;
    }
}

/* --- external files ------------------------------------------------------------------------ */

static bool is_usable_path(struct bytes path)
{
    return path.n > 0 && path.n <= BOUND_external_path_bytes && memchr(path.p, 0, path.n) == NULL;
}

static struct extern_row *find_extern(struct file_report *file, struct bytes path)
{
    for (size_t i = 0; i < file->num_externs; i++) {
        if (bytes_eq(path, bytes_of(file->externs[i].path))) {
            return &file->externs[i];
        }
    }
    return NULL;
}

static bool append_extern(struct judge *j, struct bytes path, uint64_t end)
{
    struct file_report *file = j->file;
    if (!vec_grow(&file->externs, &j->cap_externs, file->num_externs + 1, sizeof *file->externs)) {
        return false;
    }
    char *copy = strndup((const char *)path.p, path.n);
    if (copy == NULL) {
        return false;
    }
    file->externs[file->num_externs++] = (struct extern_row){ copy, end };
    return true;
}

bool tables_add_extern(struct judge *j, const struct object_ctx *of, const struct fact *f)
{
    struct bytes path = f->external.path;
    uint64_t end = 0;
    if (!add_u64(f->external.offset.v, f->external.length.v, &end)) {
        end = UINT64_MAX;
    }
    if (!is_usable_path(path)) {
        return judge_gap(j, of->label, gap_of(GAP_EXTERNAL_NAME));
    }
    struct extern_row *row = find_extern(j->file, path);
    if (row != NULL) {
        row->end = end > row->end ? end : row->end;
        return true;
    }
    if (j->file->num_externs == BOUND_external_files) {
        return judge_gap(j, of->label, gap_of(GAP_TOO_MANY_EXTERNAL_FILES));
    }
    return append_extern(j, path, end);
}
