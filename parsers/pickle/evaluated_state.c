/* evaluated_state.c - states that hold text which their class runs when it is restored.
 *
 *   scipy.stats rv_generic.__setstate__(state)    updates __dict__ from the state, then
 *       exec(self._parse_arg_template)            Python text, made by the library from a template
 *   statsmodels ModelData.__setstate__(state)     where the state has "restore_design_info":
 *       patsy.dmatrices(state["formula"], ...)    a formula, whose terms are Python expressions
 *
 * The text of these keys is reported, in whatever dictionary they stand.  Of every BUILD it is
 * reported whether all keys of its state are constants: only then is it certain that a state has
 * no such text.  The classes that do this are on lists, not here. */
#include "vm.h"

enum key { KEY_NONE, KEY_TEMPLATE, KEY_RESTORE, KEY_FORMULA };

static enum key key_of(struct bytes b)
{
    switch (b.n) { /* asked for every text constant: by length first */
    case 7: return bytes_eq(b, BYTES("formula")) ? KEY_FORMULA : KEY_NONE;
    case 19:
        if (bytes_eq(b, BYTES("_parse_arg_template"))) {
            return KEY_TEMPLATE;
        }
        return bytes_eq(b, BYTES("restore_design_info")) ? KEY_RESTORE : KEY_NONE;
    default: return KEY_NONE;
    }
}

bool formula_key(struct bytes b) { return key_of(b) != KEY_NONE; }

/* The text that would be evaluated; the fact has none when the value is not a constant. */
static bool report_text(struct vm *m, struct val value, const char *key)
{
    struct fact f = { .kind = FACT_STRING, .at = { m->at, 0 } };
    struct text t = { 0 };
    bool read =
        val_kind(value) == K_TEXT && text_read(m, value, m->o->budget->max[LIMIT_string_bytes], &t);
    if (m->o->budget->exceeded != NUM_LIMITS) {
        return false;
    }
    f.string.role = BYTES("evaluated");
    f.string.key = bytes_of(key);
    if (read) {
        f.string.text = (struct bytes){ t.n > 0 ? t.p : (const uint8_t *)"", t.n };
        f.string.length = num_of(t.n);
    }
    bool ok = emit(m->o->sink, &f);
    text_done(m, &t);
    return ok;
}

/* A formula counts from the moment that some state asks for it: before, it may be anyone's word. */
static bool note(struct vm *m, enum key key, struct val dict, struct val value)
{
    struct formula *f = &m->formula;
    switch (key) {
    case KEY_TEMPLATE: return report_text(m, value, "_parse_arg_template");
    case KEY_RESTORE:
        f->wanted = true;
        return report_text(m, f->known && f->dict.bits == dict.bits ? f->text : val_of(K_NONE, 0),
                           "formula");
    case KEY_FORMULA:
        f->known = true;
        f->dict = dict;
        f->text = value;
        return !f->wanted || report_text(m, value, "formula");
    case KEY_NONE: break;
    }
    return true;
}

/* An instance may be text that is not in sight: a subclass of str, a scalar of numpy. */
bool key_is_constant(struct val key)
{
    switch (val_kind(key)) {
    case K_NONE:
    case K_BOOL:
    case K_NUMBER:
    case K_TEXT:
    case K_BYTES:
    case K_TUPLE:
    case K_FROZENSET:
    case K_GLOBAL:
    case K_DTYPE: return true;
    default: return false;
    }
}

/* One bit for each dictionary, up to the last one that has a computed key. */
static bool mark_computed_keys(struct vm *m, uint64_t dict)
{
    struct formula *f = &m->formula;
    if (!budget_grow(m->o->budget, &f->computed_keys, &f->computed_keys_cap, (size_t)(dict / 8) + 1,
                     1)) {
        return false;
    }
    f->computed_keys[dict / 8] |= (uint8_t)(1u << dict % 8);
    return true;
}

bool state_key_is_known(const struct vm *m, struct val dict)
{
    const struct formula *f = &m->formula;
    uint64_t n = val_payload(dict);
    return val_kind(dict) == K_DICT
           && (n / 8 >= f->computed_keys_cap || (f->computed_keys[n / 8] >> n % 8 & 1) == 0);
}

bool formula_note(struct vm *m, struct val dict, struct val key, struct val value)
{
    struct text t;
    if (!key_is_constant(key) && val_kind(dict) == K_DICT
        && !mark_computed_keys(m, val_payload(dict))) {
        return false;
    }
    if (val_kind(key) != K_TEXT || (val_payload(key) & TEXT_KEY) == 0) {
        return true;
    }
    if (!text_read(m, key, 64, &t)) {
        return m->o->budget->exceeded == NUM_LIMITS;
    }
    enum key what = key_of((struct bytes){ t.p, t.n });
    text_done(m, &t);
    return note(m, what, dict, value);
}

/* A dict that only the opcodes filled, or (before scipy 1.6) that and no random state. */
const char *formula_state(const struct vm *m, struct val state)
{
    const struct tuple *t = tuple_get(m, state);
    bool pair = t != NULL && t->n == 2 && state_key_is_known(m, t->items[0])
                && val_kind(t->items[1]) == K_NONE;
    return state_key_is_known(m, state) || pair ? "told" : "untold";
}

/* May become attributes: a dictionary whose keys the file tells, or nothing that has keys. The
 * pair of old scipy distributions ends with a generator. */
static bool attributes_are_known(const struct vm *m, struct val v)
{
    switch (val_kind(v)) {
    case K_DICT: return state_key_is_known(m, v);
    case K_INSTANCE: /* arrays, generators: no keys */
        return bytes_start(global_module(m, val_payload(v)), BYTES("numpy"))
               || bytes_eq(global_module(m, val_payload(v)), BYTES("joblib.numpy_pickle"));
    case K_TUPLE: return tuple_get(m, v) != NULL; /* one from long ago may be any pair */
    case K_UNKNOWN:
    case K_EXT:
    case K_WRAPPED:
    case K_PERSID: return false;
    default: return true;
    }
}

/* The first of a pair is for the class' own __setstate__: a loader without one takes a dict only.
 * What a class is given there is its signature. */
static bool first_is_known(const struct vm *m, struct val v)
{
    return val_kind(v) == K_INSTANCE || attributes_are_known(m, v);
}

/* BUILD copies a dict into the object's own, and sets what the second dict of a pair names as
 * setattr() would: a name that is computed (str(x) as a key) may be __class__, and then the next
 * state goes to a class that the file never named beside it. partial's kwargs are such names for
 * whatever it calls. */
bool state_is_known(const struct vm *m, struct val on, struct val state)
{
    const struct tuple *t = tuple_get(m, state);
    if (t != NULL && val_kind(on) == K_WRAPPED && t->n == 4) {
        return attributes_are_known(m, t->items[2]) && attributes_are_known(m, t->items[3]);
    }
    if (t != NULL && t->n == 2) { /* (a dict, 3) is for the class' own __setstate__ */
        enum kind second = val_kind(t->items[1]);
        bool own = second == K_NUMBER || second == K_BOOL || second == K_TEXT;
        return own || (first_is_known(m, t->items[0]) && attributes_are_known(m, t->items[1]));
    }
    return attributes_are_known(m, state)
           || state.bits == on.bits; /* a dict that is its own __dict__ */
}
