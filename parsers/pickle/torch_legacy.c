/* torch_legacy.c - what torch.save wrote before 1.6, and still does on request.
 *
 *   pickle 0   the magic number 0x1950a86a20f9469cfc6c, as a LONG1
 *   pickle 1   the protocol, 1001
 *   pickle 2   sys_info, a dict
 *   pickle 3   the object; storages are persistent ids
 *              ('storage', TYPE, KEY, location, numel, view)
 *   pickle 4   the list of storage keys, in file order
 *   for each key: i64 numel, then numel items of its TYPE
 *
 * Reference: torch/serialization.py, _legacy_save and _legacy_load. */
#include "vm.h"

#include <string.h>

enum { PICKLE_OBJECT = 3, PICKLE_KEYS = 4 };
/* of the persistent id's tuple */
enum { ID_KIND = 0, ID_TYPE = 1, ID_KEY = 2 };

static const struct {
    const char *name;
    unsigned item_bytes;
} types[] = {
    { "DoubleStorage", 8 },   { "FloatStorage", 4 },          { "HalfStorage", 2 },
    { "BFloat16Storage", 2 }, { "LongStorage", 8 },           { "IntStorage", 4 },
    { "ShortStorage", 2 },    { "CharStorage", 1 },           { "ByteStorage", 1 },
    { "BoolStorage", 1 },     { "ComplexDoubleStorage", 16 }, { "ComplexFloatStorage", 8 },
    { "QInt8Storage", 1 },    { "QUInt8Storage", 1 },         { "QInt32Storage", 4 },
    { "QUInt4x2Storage", 1 }, { "QUInt2x4Storage", 1 },       { "UntypedStorage", 1 },
    { "_UntypedStorage", 1 }
};

unsigned legacy_item_bytes(struct vm *m, struct val type)
{
    if (val_kind(type) != K_GLOBAL
        || !bytes_start(global_module(m, val_payload(type)), BYTES("torch"))) {
        return 0;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (bytes_eq(global_name(m, val_payload(type)), bytes_of(types[i].name))) {
            return types[i].item_bytes;
        }
    }
    return 0;
}

/* Equal hashes are compared as text before they count. */
static bool hash_of(struct vm *m, struct val key, uint64_t *out)
{
    struct text t;
    if (!text_read(m, key, 4096, &t)) {
        return false;
    }
    *out = keyed_hash(0, (struct bytes){ t.p, t.n });
    text_done(m, &t);
    return true;
}

static bool same_text(struct vm *m, uint64_t a, uint64_t b)
{
    struct text x, y;
    if (!text_read(m, val_of(K_TEXT, a), 4096, &x)) {
        return false;
    }
    bool same = text_read(m, val_of(K_TEXT, b), 4096, &y)
                && bytes_eq((struct bytes){ x.p, x.n }, (struct bytes){ y.p, y.n });
    text_done(m, &x);
    text_done(m, &y);
    return same;
}

static struct storage *find(struct vm *m, uint64_t hash, uint64_t key_at)
{
    struct legacy *l = &m->legacy;
    uint32_t item;
    for (size_t slot = hash_index_start(&l->index, hash);
         hash_index_next(&l->index, &slot, &item);) {
        struct storage *s = &l->storages[item];
        if (s->hash == hash && same_text(m, s->key_at, key_at)) {
            return s;
        }
    }
    return NULL;
}

static uint64_t hash_of_storage(const void *ctx, uint32_t item)
{
    const struct legacy *l = ctx;
    return l->storages[item].hash;
}

/* ('module', CLASS, source file, source): the loader compares the source and returns the class. */
static bool is_module(struct vm *m, const struct tuple *t)
{
    struct text kind;
    if (t->n != 4 || val_kind(t->items[ID_TYPE]) != K_GLOBAL
        || !text_read(m, t->items[ID_KIND], 16, &kind)) {
        return false;
    }
    bool is = bytes_eq((struct bytes){ kind.p, kind.n }, BYTES("module"));
    text_done(m, &kind);
    return is;
}

/* A persistent id of the object: a class, or which type a storage has. */
bool legacy_persid(struct vm *m, struct val id, struct val *out)
{
    struct legacy *l = &m->legacy;
    const struct tuple *t = tuple_get(m, id);
    uint64_t hash;
    if (l->active && t != NULL && is_module(m, t)) {
        *out = t->items[ID_TYPE];
        return true;
    }
    bool of_object = l->active && l->pickle == PICKLE_OBJECT;
    bool keyed = t != NULL && t->n > ID_KEY && val_kind(t->items[ID_KEY]) == K_TEXT;
    if (!of_object || !keyed || !hash_of(m, t->items[ID_KEY], &hash)) {
        return true; /* not a storage: the rules see the call */
    }
    uint64_t key_at = val_at(t->items[ID_KEY]);
    unsigned item = legacy_item_bytes(m, t->items[ID_TYPE]);
    struct storage *known = find(m, hash, key_at);
    if (known != NULL) { /* torch builds a storage once, of the first type */
        return true;
    }
    if (!budget_grow(m->o->budget, &l->storages, &l->storages_cap, l->num_storages + 1,
                     sizeof *l->storages)) {
        return false;
    }
    if (!hash_index_grow(&l->index, m->o->budget, l->num_storages, hash_of_storage, l)) {
        return false;
    }
    hash_index_put(&l->index, hash, (uint32_t)l->num_storages);
    l->storages[l->num_storages++] =
        (struct storage){ .hash = hash, .key_at = key_at, .item_bytes = item };
    return true;
}

void legacy_viewed(struct vm *m, uint64_t key_at, size_t view)
{
    uint64_t hash;
    struct storage *s = m->legacy.active && hash_of(m, val_of(K_TEXT, key_at), &hash)
                            ? find(m, hash, key_at)
                            : NULL;
    if (s != NULL && s->view == 0) {
        s->view = (uint32_t)view + 1;
    }
}

/* An item of the list of keys. */
bool legacy_key(struct vm *m, struct val list, struct val item)
{
    struct legacy *l = &m->legacy;
    if (!l->active || l->pickle != PICKLE_KEYS || val_kind(list) != K_LIST) {
        return true;
    }
    if (!budget_grow(m->o->budget, &l->keys, &l->keys_cap, l->num_keys + 1, sizeof *l->keys)) {
        return false;
    }
    l->keys[l->num_keys++] = item;
    return true;
}

static bool is_magic(struct vm *m)
{
    static const uint8_t magic[] = { 0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                     0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
    uint8_t b[sizeof magic];
    return val_kind(m->result) == K_NUMBER
           && source_read(m->in->src, val_payload(m->result), b, sizeof b)
           && memcmp(b, magic, sizeof b) == 0;
}

static enum step bad_storage(struct vm *m, const char *detail, uint64_t declared, const char **why)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { m->in->pos, 0 } };
    f.anomaly.slug = BYTES("torch-storage-unclear");
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.declared = num_of(declared);
    f.anomaly.actual = num_of(stream_left(m->in));
    *why = detail;
    return emit(m->o->sink, &f) ? STEP_MALFORMED : STEP_ABORT;
}

static enum step skip_storage(struct vm *m, struct val key, const char **why)
{
    struct fact f = { .kind = FACT_TENSOR };
    uint64_t hash, numel, n;
    struct text name;
    struct name_buf view;
    struct storage *s =
        val_kind(key) == K_TEXT && hash_of(m, key, &hash) ? find(m, hash, val_at(key)) : NULL;
    if (s == NULL || s->item_bytes == 0) {
        return bad_storage(m, "a storage key that the object does not use, or of no known type", 0,
                           why);
    }
    if (!stream_u64le(m->in, &numel)) {
        *why = "the file ends before a storage";
        return STEP_TRUNCATED;
    }
    if (!mul_u64(numel, s->item_bytes, &n) || n > stream_left(m->in)) {
        return bad_storage(m, "a storage reaches past the end", numel, why);
    }
    f.at = (struct range){ m->in->pos, n };
    f.tensor.declared_bytes = f.tensor.actual_bytes = num_of(n);
    if (!text_read(m, key, 256, &name)) {
        return STEP_ABORT;
    }
    view.n = 0;
    if (s->view > 0) {
        view_name(m, s->view - 1, &view);
    }
    f.tensor.name =
        view.n > 0 ? (struct bytes){ view.p, view.n } : (struct bytes){ name.p, name.n };
    bool ok = emit(m->o->sink, &f);
    text_done(m, &name);
    return ok && stream_skip(m->in, n) ? STEP_CONTINUE : STEP_ABORT;
}

/* After the STOP of pickle number `num`. */
enum step legacy_after(struct vm *m, uint64_t num, const char **why)
{
    struct legacy *l = &m->legacy;
    l->pickle = num + 1;
    if (num == 0 && is_magic(m)) {
        l->active = true;
        return emit_format(m->o->sink, "pytorch-legacy") ? STEP_CONTINUE : STEP_ABORT;
    }
    if (!l->active || num != PICKLE_KEYS) {
        return STEP_CONTINUE;
    }
    l->active = false;
    for (size_t i = 0; i < l->num_keys; i++) {
        enum step s = skip_storage(m, l->keys[i], why);
        if (s != STEP_CONTINUE) {
            return s;
        }
    }
    l->whole = true;
    return STEP_CONTINUE;
}

void legacy_done(struct vm *m)
{
    struct legacy *l = &m->legacy;
    struct budget *b = m->o->budget;
    budget_free(b, l->storages, l->storages_cap * sizeof *l->storages);
    hash_index_done(&l->index, b);
    budget_free(b, l->keys, l->keys_cap * sizeof *l->keys);
}
