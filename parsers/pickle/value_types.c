/* value_types.c - the type of a value, as signatures name it.
 *
 *   none bool int float text text=latin1 bytes bytearray list set frozenset
 *   dict  dict{__class__}  dict?         watched keys it has; computed keys
 *   (type,type)  tuple                   a tuple; one that is no longer in sight and plain
 *   dtype:plain dtype:object dtype:unclear
 *   name:MODULE.NAME  object:MODULE.NAME module:MODULE
 *   partial attrgetter methodcaller persid extension unknown */
#include "value_types.h"

#include "dict_notes.h"
#include "dtypes.h"

#include <string.h>

#define MAX_TYPE_DEPTH 4 /* tuples in tuples */
#define SHORT_TEXT 16u /* bytes of a text that is shown with its type */

struct types {
    struct vm *m;
    char *p;
    size_t n;
    bool full;
};

static void add(struct types *o, const char *text)
{
    size_t n = strlen(text);
    o->full |= n > TYPES_BYTES - o->n;
    if (!o->full) {
        memcpy(o->p + o->n, text, n);
        o->n += n;
    }
}

/* Characters of a name that have no meaning in the grammar; all others are shown as '?'. */
static bool is_name_byte(uint8_t c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bool digit = c >= '0' && c <= '9';
    return letter || digit || c == '_' || c == '.';
}

static void add_name(struct types *o, struct bytes name)
{
    for (size_t i = 0; i < name.n && !o->full; i++) {
        char one[2] = { is_name_byte(name.p[i]) ? (char)name.p[i] : '?', 0 };
        add(o, one);
    }
}

static void add_global(struct types *o, const char *what, struct val v)
{
    add(o, what);
    add_name(o, global_module(o->m, val_payload(v)));
    if (global_name(o->m, val_payload(v)).n > 0) {
        add(o, ".");
        add_name(o, global_name(o->m, val_payload(v)));
    }
}

static void add_text(struct types *o, struct val v)
{
    struct text t;
    add(o, "text");
    if (!text_read(o->m, v, SHORT_TEXT, &t)) {
        return;
    }
    bool plain = t.n > 0;
    for (size_t i = 0; i < t.n; i++) {
        plain = plain && (is_name_byte(t.p[i]) || t.p[i] == '-');
    }
    if (plain) {
        char shown[SHORT_TEXT + 1] = { 0 };
        memcpy(shown, t.p, t.n);
        add(o, "=");
        add(o, shown);
    }
    text_done(o->m, &t);
}

static void add_dict(struct types *o, struct val v)
{
    const struct dict_note *note = dict_note_find(o->m, v);
    uint64_t keys = note != NULL ? note->keys : 0;
    add(o, state_key_is_known(o->m, v) ? "dict" : "dict?");
    for (unsigned bit = 0, n = 0; keys >> bit != 0 && bit < 64; bit++) {
        if ((keys >> bit & 1) != 0) {
            add(o, n++ == 0 ? "{" : ",");
            add(o, watched_key_name(bit));
        }
        if (bit == 63) {
            break;
        }
    }
    add(o, keys != 0 ? "}" : "");
}

static const char *wrapped_type(enum wrapped_kind kind)
{
    switch (kind) {
    case WRAP_PARTIAL: return "partial";
    case WRAP_ATTRGETTER: return "attrgetter";
    case WRAP_METHODCALLER: return "methodcaller";
    default: return "bytes"; /* decoded base64 or hex, encoded text */
    }
}

static const char *dtype_type(enum dtype_kind kind)
{
    static const char *const names[] = { "dtype:plain", "dtype:object", "dtype:unclear" };
    return names[kind];
}

static void add_atom(struct types *o, struct val v)
{
    switch (val_kind(v)) {
    case K_NONE: add(o, "none"); break;
    case K_BOOL: add(o, "bool"); break;
    case K_NUMBER: add(o, (val_payload(v) & NUMBER_FLOAT) != 0 ? "float" : "int"); break;
    case K_TEXT: add_text(o, v); break;
    case K_BYTES: add(o, "bytes"); break;
    case K_LIST: add(o, "list"); break;
    case K_SET: add(o, "set"); break;
    case K_FROZENSET: add(o, "frozenset"); break;
    case K_BYTEARRAY: add(o, "bytearray"); break;
    case K_DICT: add_dict(o, v); break;
    case K_DTYPE: add(o, dtype_type(dtype_row(o->m, v)->kind)); break;
    case K_TUPLE: add(o, "tuple"); break;
    case K_GLOBAL: add_global(o, "name:", v); break;
    case K_INSTANCE: add_global(o, "object:", v); break;
    case K_MODULE: add_global(o, "module:", v); break;
    case K_WRAPPED: add(o, wrapped_type(o->m->wrapped[val_payload(v)].kind)); break;
    case K_PERSID: add(o, "persid"); break;
    case K_EXT: add(o, "extension"); break;
    case K_UNKNOWN: add(o, "unknown"); break;
    }
}

/* The items that are kept of each open tuple; recursion would be as deep as MAX_TYPE_DEPTH. */
static void add_value(struct types *o, struct val v, int depth)
{
    const struct tuple *t = tuple_get(o->m, v);
    if (t == NULL) {
        add_atom(o, v);
        return;
    }
    if (depth == MAX_TYPE_DEPTH || t->n > BOUND_pickle_tuple_items) {
        add(o, depth == MAX_TYPE_DEPTH ? "unknown" : "(...)");
        return;
    }
    struct tuple items = *t; /* reading a text may move the tuples */
    add(o, "(");
    for (uint64_t i = 0; i < items.n; i++) {
        add(o, i > 0 ? "," : "");
        add_value(o, items.items[i], depth + 1);
    }
    add(o, ")");
}

size_t value_types(struct vm *m, struct val v, char *out)
{
    struct types o = { m, out, 0, false };
    add_value(&o, v, 0);
    if (o.full) {
        o.n = 0;
        o.full = false;
        add(&o, "unknown");
    }
    return o.n;
}
