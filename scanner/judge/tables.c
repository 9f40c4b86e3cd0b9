#include "tables.h"

#include "../../parsers/base/keyed_hash.h"
#include "../report/escape.h"
#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT_SLOTS 8192u /* a power of two, twice BOUND_imports */
_Static_assert(IMPORT_SLOTS >= 2 * BOUND_imports, "the index is at most half full");

static bool same_import(const struct import_row *a, const struct import_row *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->module, b->module) == 0
           && strcmp(a->where, b->where) == 0;
}

static uint64_t hash_of(const struct import_row *row)
{
    uint64_t h = keyed_hash(0, bytes_of(row->where));
    return keyed_hash(keyed_hash(h, bytes_of(row->module)), bytes_of(row->name));
}

static bool is_listed(const struct judge *j, const struct import_row *row, uint64_t hash)
{
    const struct hash_index *x = &j->import_index;
    uint32_t i;
    for (size_t slot = hash_index_start(x, hash); hash_index_next(x, &slot, &i);) {
        if (same_import(&j->file->imports[i], row)) {
            return true;
        }
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
    if (j->import_index.slots == NULL) {
        j->import_index.slots = calloc(IMPORT_SLOTS, sizeof *j->import_index.slots);
        j->import_index.num_slots = j->import_index.slots != NULL ? IMPORT_SLOTS : 0;
    }
    return j->import_index.slots != NULL;
}

static bool append_import(struct judge *j, const struct import_row *row, uint64_t hash)
{
    struct file_report *file = j->file;
    if (!vec_grow(&file->imports, &j->cap_imports, file->num_imports + 1, sizeof *row)) {
        return false;
    }
    hash_index_put(&j->import_index, hash, (uint32_t)file->num_imports);
    file->imports[file->num_imports++] = *row;
    return true;
}

void tables_add_import(struct judge *j, const struct object_ctx *of, const struct fact *f)
{
    struct import_row row = { 0 };
    if (!make_import_row(&row, j, of, &f->import, f->at.off) || !need_slots(j)) {
        import_row_done(&row);
        j->failed = true;
        return;
    }
    uint64_t hash = hash_of(&row);
    if (j->file->num_imports >= BOUND_imports || is_listed(j, &row, hash)) {
        import_row_done(&row);
        return;
    }
    if (!append_import(j, &row, hash)) {
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
