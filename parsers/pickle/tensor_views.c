/* tensor_views.c - which parameter of a model lies in which storage.
 *
 * torch.save writes a tensor as a view of a storage, and the storage as a persistent id:
 *
 *   ('storage', TYPE, KEY, location, numel)
 *       the bytes of the storage are member data/KEY of the archive
 *   torch._utils._rebuild_tensor_v2(storage, offset, size, ...)
 *       the offset is in items of TYPE
 *
 * The key under which such a tensor is put into a dictionary is its name; keys of dictionaries
 * around that one go before it.  Names are for people: no verdict hangs on what is found out here,
 * and where memory or order make it hard, a tensor has no name.
 * Reference: torch/serialization.py (_save), torch/_utils.py, torch/nn/modules/module.py. */
#include "vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_KIND = 0, ID_TYPE = 1, ID_KEY = 2, ID_NUMEL = 4, ARG_OFFSET = 1, ARG_SIZE = 2 };

/* A persistent id's payload: offset of its key's text, and bytes of an item above it. */
#define ITEM_SHIFT 48
/* An instance's payload above its global: number of a view or of a dictionary. */
#define NUMBER_SHIFT 32
#define NUMBER_MASK 0x3FFFFFull
#define IS_VIEW (1ull << 54)

static bool is_view(struct val v)
{
    return val_kind(v) == K_INSTANCE && (val_payload(v) & IS_VIEW) != 0;
}

/* Of a dictionary, or of an instance that stands for one; 0: none. */
static uint64_t number_of(struct val v)
{
    if (val_kind(v) == K_DICT) {
        return val_payload(v);
    }
    return val_kind(v) == K_INSTANCE && !is_view(v) ? val_payload(v) >> NUMBER_SHIFT & NUMBER_MASK
                                                    : 0;
}

static void set_number(struct val *v, uint64_t number, uint64_t flags)
{
    if (number <= NUMBER_MASK) {
        v->bits =
            (v->bits & ~(NUMBER_MASK << NUMBER_SHIFT | IS_VIEW)) | number << NUMBER_SHIFT | flags;
    }
}

struct val view_persid(struct vm *m, struct val id)
{
    const struct tuple *t = tuple_get(m, id);
    struct text kind;
    uint64_t payload = 0;
    bool complete = t != NULL && t->n > ID_KEY && t->n <= BOUND_pickle_tuple_items;
    bool keyed = complete && val_kind(t->items[ID_KEY]) == K_TEXT
                 && val_at(t->items[ID_KEY]) >> ITEM_SHIFT == 0;
    if (keyed && text_read(m, t->items[ID_KIND], 16, &kind)) {
        if (bytes_eq((struct bytes){ kind.p, kind.n }, BYTES("storage"))) {
            payload = val_at(t->items[ID_KEY])
                      | (uint64_t)legacy_item_bytes(m, t->items[ID_TYPE]) << ITEM_SHIFT;
        }
        text_done(m, &kind);
    }
    return val_of(K_PERSID, payload);
}

/* Bytes of numel items; a number that cannot be read, or wraps, is larger than any member. */
static uint64_t storage_bytes(struct vm *m, const struct tuple *t)
{
    uint64_t item = legacy_item_bytes(m, t->items[ID_TYPE]);
    uint64_t bytes;
    if (!number_read(m, t->items[ID_NUMEL], &bytes)
        || !mul_u64(bytes, item > 0 ? item : 1, &bytes)) {
        return UINT64_MAX;
    }
    return bytes;
}

/* The member's name is data/KEY; a key may be a number, too. */
static bool emit_storage(struct vm *m, struct bytes key, uint64_t bytes)
{
    struct fact f = { .kind = FACT_TENSOR };
    f.tensor.storage = key;
    f.tensor.storage_bytes = num_of(bytes);
    return key.n == 0 || emit(m->o->sink, &f);
}

bool storage_declared(struct vm *m, struct val id)
{
    const struct tuple *t = tuple_get(m, id);
    uint64_t number;
    char digits[32];
    struct text key;
    bool has_numel = t != NULL && t->n > ID_NUMEL && t->n <= BOUND_pickle_tuple_items;
    if (m->legacy.active || !has_numel) {
        return true;
    }
    uint64_t bytes = storage_bytes(m, t);
    if (number_read(m, t->items[ID_KEY], &number)) {
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
        return emit_storage(m, bytes_of(digits), bytes);
    }
    if (!text_prefix(m, t->items[ID_KEY], BOUND_tensor_key_bytes, &key)) {
        return m->o->budget->exceeded == NUM_LIMITS;
    }
    bool ok = emit_storage(m, (struct bytes){ key.p, key.n }, bytes);
    text_done(m, &key);
    return ok;
}

/* --- tensors and dictionaries as they are made --------------------------------------- */

/* Where the view lies in its storage, as far as the arguments tell. */
static struct range view_range(struct vm *m, struct bytes helper, const struct tuple *t,
                               uint64_t item)
{
    struct range at = { 0, 0 };
    uint64_t offset, items, len;
    /* _v3 has untyped storages */
    bool typed = item > 0 && helper.n > 0 && helper.p[helper.n - 1] != '3';
    if (typed && t->n > ARG_SIZE && number_read(m, t->items[ARG_OFFSET], &offset)
        && mul_u64(offset, item, &offset) && shape_items(m, t->items[ARG_SIZE], &items)
        && mul_u64(items, item, &len)) {
        at = (struct range){ offset, len };
    }
    return at;
}

static bool new_view(struct vm *m, struct val callee, const struct tuple *t, struct val *out)
{
    struct views *w = &m->views;
    uint64_t payload = val_payload(t->items[0]);
    if (payload == 0 || w->n == BOUND_tensor_views) {
        return true;
    }
    if (!budget_grow(m->o->budget, &w->items, &w->cap, w->n + 1, sizeof *w->items)) {
        return false;
    }
    w->items[w->n++] = (struct view){ .storage = payload & ((1ull << ITEM_SHIFT) - 1),
                                      .key = val_of(K_NONE, 0),
                                      .at = view_range(m, global_name(m, val_payload(callee)), t,
                                                       payload >> ITEM_SHIFT) };
    set_number(out, w->n - 1, IS_VIEW);
    legacy_viewed(m, w->items[w->n - 1].storage, w->n - 1);
    return true;
}

bool view_made(struct vm *m, struct val callee, struct val args, struct val *out)
{
    const struct tuple *t = tuple_get(m, args);
    if (t == NULL || val_kind(*out) != K_INSTANCE || t->n > BOUND_pickle_tuple_items) {
        return true;
    }
    if (t->n == 0) { /* an OrderedDict, most often: it is filled by opcodes */
        if (bytes_eq(global_name(m, val_payload(callee)), BYTES("OrderedDict"))) {
            set_number(out, ++m->num_dicts, 0);
        }
        return true;
    }
    if (is_view(t->items[0])) { /* a Parameter, of the tensor that it wraps */
        view_copy(t->items[0], out);
        return true;
    }
    return val_kind(t->items[0]) != K_PERSID || new_view(m, callee, t, out);
}

void view_copy(struct val from, struct val *to)
{
    if (is_view(from) && val_kind(*to) == K_INSTANCE) {
        set_number(to, val_payload(from) >> NUMBER_SHIFT & NUMBER_MASK, IS_VIEW);
    }
}

/* --- names ------------------------------------------------------------------------------- */

static struct holder *find_holder(struct views *w, uint64_t number)
{
    for (size_t i = w->num_holders; i-- > 0 && w->num_holders - i <= BOUND_tensor_holders;) {
        if (w->holders[i].number == number) {
            return &w->holders[i];
        }
    }
    return NULL;
}

/* A dictionary that has tensors, or dictionaries that do. */
static bool hold(struct vm *m, uint64_t number)
{
    struct views *w = &m->views;
    if (number == 0 || w->num_holders == BOUND_tensor_views || find_holder(w, number) != NULL) {
        return true;
    }
    if (!budget_grow(m->o->budget, &w->holders, &w->holders_cap, w->num_holders + 1,
                     sizeof *w->holders)) {
        return false;
    }
    w->holders[w->num_holders++] = (struct holder){ .number = number, .key = val_of(K_NONE, 0) };
    return true;
}

bool view_named(struct vm *m, struct val on, struct val key, struct val value)
{
    struct views *w = &m->views;
    uint64_t into = number_of(on), number = number_of(value);
    if (val_kind(key) != K_TEXT && val_kind(key) != K_NUMBER) {
        return true;
    }
    if (is_view(value) && (val_payload(value) >> NUMBER_SHIFT & NUMBER_MASK) < w->n) {
        struct view *v = &w->items[val_payload(value) >> NUMBER_SHIFT & NUMBER_MASK];
        v->holder = val_kind(v->key) == K_NONE ? into : v->holder;
        v->key = val_kind(v->key) == K_NONE ? key : v->key;
        return hold(m, into);
    }
    struct holder *h = number != 0 ? find_holder(w, number) : NULL;
    if (h == NULL || into == 0 || h->parent != 0) {
        return true;
    }
    h->parent = into;
    h->key = key;
    return hold(m, into);
}

/* What its state holds, the instance holds. */
void view_restored(struct val state, struct val *on)
{
    if (val_kind(*on) == K_INSTANCE && !is_view(*on) && number_of(*on) == 0
        && val_kind(state) == K_DICT) {
        set_number(on, number_of(state), 0);
    }
}

/* torch.nn.Module keeps what it is made of in such: its own names leave them out. */
static bool is_container_attribute(struct bytes segment)
{
    return bytes_eq(segment, BYTES("_modules")) || bytes_eq(segment, BYTES("_parameters"))
           || bytes_eq(segment, BYTES("_buffers"));
}

static void put_segment(struct name_buf *out, struct bytes segment)
{
    if (is_container_attribute(segment) || segment.n + 1 > sizeof out->p - out->n) {
        return;
    }
    if (out->n > 0) {
        out->p[out->n++] = '.';
    }
    memcpy(out->p + out->n, segment.p, segment.n);
    out->n += segment.n;
}

static void put_key(struct vm *m, struct name_buf *out, struct val key)
{
    char digits[32];
    struct text t;
    uint64_t number;
    if (val_kind(key) == K_NUMBER) {
        if (number_read(m, key, &number)) {
            snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
            put_segment(out, bytes_of(digits));
        }
    } else if (text_prefix(m, key, BOUND_tensor_key_bytes, &t)) {
        if (t.n > 0) {
            put_segment(out, (struct bytes){ t.p, t.n });
        }
        text_done(m, &t);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct holder *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static const struct holder *holder_of(const struct views *w, uint64_t number)
{
    size_t low = 0, high = w->num_holders;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (w->holders[mid].number < number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < w->num_holders && w->holders[low].number == number ? &w->holders[low] : NULL;
}

/* The holders' order is by_number from the first time on that a name is asked for. */
void view_name(struct vm *m, size_t i, struct name_buf *out)
{
    const struct view *v = &m->views.items[i];
    struct val keys[BOUND_tensor_name_keys];
    size_t n = 0;
    out->n = 0;
    if (val_kind(v->key) == K_NONE) {
        return;
    }
    if (!m->views.sorted && m->views.num_holders > 1) {
        qsort(m->views.holders, m->views.num_holders, sizeof *m->views.holders, by_number);
    }
    m->views.sorted = true;
    keys[n++] = v->key;
    const struct holder *h = holder_of(&m->views, v->holder);
    while (n < BOUND_tensor_name_keys && h != NULL && h->parent != 0) {
        keys[n++] = h->key;
        h = holder_of(&m->views, h->parent);
    }
    while (n-- > 0) {
        put_key(m, out, keys[n]);
    }
}

/* --- facts ------------------------------------------------------------------------------- */

static bool emit_view(struct vm *m, size_t i)
{
    const struct view *v = &m->views.items[i];
    struct fact f = { .kind = FACT_TENSOR, .at = v->at };
    struct name_buf name;
    struct text storage;
    if (!text_prefix(m, val_of(K_TEXT, v->storage), BOUND_tensor_key_bytes, &storage)) {
        return m->o->budget->exceeded == NUM_LIMITS;
    }
    view_name(m, i, &name);
    f.tensor.name = (struct bytes){ name.p, name.n };
    f.tensor.storage = (struct bytes){ storage.p, storage.n };
    f.tensor.declared_bytes = v->at.len > 0 ? num_of(v->at.len) : (struct num){ 0 };
    bool ok = storage.n == 0 || emit(m->o->sink, &f);
    text_done(m, &storage);
    return ok;
}

bool views_emit(struct vm *m)
{
    for (size_t i = 0; i < m->views.n; i++) {
        if (!emit_view(m, i)) {
            return false;
        }
    }
    return true;
}

void views_clear(struct vm *m)
{
    m->views.n = 0;
    m->views.num_holders = 0;
    m->views.sorted = false;
}

void views_done(struct vm *m)
{
    struct views *w = &m->views;
    budget_free(m->o->budget, w->items, w->cap * sizeof *w->items);
    budget_free(m->o->budget, w->holders, w->holders_cap * sizeof *w->holders);
}
