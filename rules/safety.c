/* safety.c - the safety of a global: innocuous, suspicious or dangerous; default deny.
 *
 * The order is: an exact dangerous entry; an exact allowed entry; then the ways in which a name can
 * lead to another object: dunder attributes, attributes of a dangerous object, and modules reached
 * through modules (tempfile's "_os.system" is os.system); then whole dangerous modules.  Any other
 * name is suspicious: it has not been audited. */
#include "tables.h"
#include "signature.h"

#include <string.h>

/* Names of libraries are far shorter; longer ones are dangerous, whatever they name. */
enum { MAX_STEPS = 8, MAX_PATH_BYTES = 512 };

struct query {
    const struct lookup *lists;
    struct bytes types; /* types of the operation's values; p NULL: not compared */
    struct bytes step[MAX_STEPS]; /* the name, split at its dots */
    size_t num_steps;
    const char *reason; /* of the last dangerous entry that was found */
};

/* The name of the list is the family, a slash and one more part. */
static bool is_of_family(struct bytes name, struct bytes family)
{
    if (!bytes_start(name, family) || name.n <= family.n || name.p[family.n] != '/') {
        return false;
    }
    return memchr(name.p + family.n + 1, '/', name.n - family.n - 1) == NULL;
}

/* The first entry of a module and name in the lists of a kind, or NULL.  *in: its tables. */
static const struct entry *find_entry(const struct lookup *l, enum list_kind kind,
                                      struct bytes module, struct bytes name,
                                      const struct rule_tables **in)
{
    for (size_t i = 0; i < l->num_tables; i++) {
        const struct rule_tables *t = l->tables[i];
        for (size_t k = 0; k < t->num_lists; k++) {
            const struct list *list = &t->lists[k];
            if (list->kind != (uint32_t)kind
                || !is_of_family(pool_bytes(t, list->name), l->family)) {
                continue;
            }
            const struct entry *e = list_entry(t, list, module, name);
            if (e != NULL) {
                *in = t;
                return e;
            }
        }
    }

    return NULL;
}

static bool is_dangerous_entry(struct query *q, struct bytes module, struct bytes name)
{
    const struct rule_tables *in;
    const struct entry *e = find_entry(q->lists, LIST_DANGEROUS, module, name, &in);
    if (e != NULL) {
        q->reason = (const char *)pool_bytes(in, e->reason).p;
    }
    return e != NULL;
}

/* "os *" covers os and os.path. */
static bool is_dangerous_module(struct query *q, struct bytes module)
{
    for (size_t n = module.n; n > 0; n--) {
        bool is_package = n == module.n || module.p[n] == '.';
        if (is_package && is_dangerous_entry(q, bytes_sub(module, 0, n), BYTES("*"))) {
            return true;
        }
    }
    return false;
}

static bool split_steps(struct query *q, struct bytes name)
{
    size_t from = 0;
    for (size_t i = 0; i <= name.n; i++) {
        if (i == name.n || name.p[i] == '.') {
            if (q->num_steps == MAX_STEPS) {
                q->reason = "an attribute path of more than 8 steps";
                return false;
            }
            q->step[q->num_steps++] = bytes_sub(name, from, i - from);
            from = i + 1;
        }
    }

    return true;
}

/* The attribute is the one that the opcode itself calls on an object. */
static bool is_protocol(uint32_t op, struct bytes last)
{
    switch (op) {
    case OP_METHOD: return bytes_eq(last, BYTES("__setitem__"));
    case OP_NEW: return bytes_eq(last, BYTES("__new__"));
    case OP_BUILD:
        return bytes_eq(last, BYTES("__setstate__")) || bytes_eq(last, BYTES("__dict__"));
    default: return false;
    }
}

static bool is_dunder(struct bytes s)
{
    return s.n > 4 && bytes_start(s, BYTES("__")) && bytes_end(s, BYTES("__"));
}

static bool has_dunder(struct query *q, uint32_t op)
{
    for (size_t i = 0; i < q->num_steps; i++) {
        bool is_last = i > 0 && i + 1 == q->num_steps;
        if (is_dunder(q->step[i]) && !(is_last && is_protocol(op, q->step[i]))) {
            q->reason = "reaches into Python's internals through a double-underscore attribute";
            return true;
        }
    }
    return false;
}

/* Steps [from, to) as one slice of the name, with the dots between them. */
static struct bytes span(const struct query *q, size_t from, size_t to)
{
    const uint8_t *start = q->step[from].p;
    struct bytes last = q->step[to - 1];
    if (last.p == NULL) { /* the name is empty */
        return (struct bytes){ start, 0 };
    }
    return (struct bytes){ start, (size_t)(last.p - start) + last.n };
}

/* The steps from `from` on, in this module, are a dangerous object or an attribute of one. */
static bool is_dangerous_rest(struct query *q, struct bytes module, size_t from)
{
    for (size_t to = from + 1; to <= q->num_steps; to++) {
        if (is_dangerous_entry(q, module, span(q, from, to))) {
            return true;
        }
    }
    return is_dangerous_module(q, module);
}

static struct bytes without_underscores(struct bytes b)
{
    size_t n = 0;
    while (n < b.n && b.p[n] == '_') {
        n++;
    }
    return bytes_sub(b, n, b.n - n);
}

/* Steps [i, k) are taken for a module: "_os" in "_os.system". */
static bool is_dangerous_detour(struct query *q)
{
    for (size_t i = 0; i < q->num_steps; i++) {
        for (size_t k = i + 1; k < q->num_steps; k++) {
            struct bytes module = span(q, i, k);
            if (is_dangerous_rest(q, module, k)
                || is_dangerous_rest(q, without_underscores(module), k)) {
                return true;
            }
        }
    }

    return false;
}

/* "hub.load" of torch is load of torch.hub. */
static bool is_dangerous_submodule(struct query *q, struct bytes module)
{
    uint8_t path[MAX_PATH_BYTES];
    for (size_t k = 1; k < q->num_steps; k++) {
        struct bytes sub = span(q, 0, k);
        if (module.n >= sizeof path || sub.n >= sizeof path - module.n) {
            q->reason = "a module path of more than 512 bytes";
            return true;
        }
        if (module.n > 0) {
            memcpy(path, module.p, module.n);
        }

        path[module.n] = '.';
        if (sub.n > 0) {
            memcpy(path + module.n + 1, sub.p, sub.n);
        }
        if (is_dangerous_rest(q, (struct bytes){ path, module.n + 1 + sub.n }, k)) {
            return true;
        }
    }

    return false;
}

static struct bytes before_nul(struct bytes b)
{
    const uint8_t *nul = b.n > 0 ? memchr(b.p, 0, b.n) : NULL;
    return nul != NULL ? bytes_sub(b, 0, (size_t)(nul - b.p)) : b;
}

/* "os\0": code that ends a name at its first NUL looks up the part before it. */
static bool is_dangerous_before_nul(struct query *q, struct bytes module, struct bytes name)
{
    struct bytes short_module = before_nul(module);
    struct bytes short_name = before_nul(name);
    if (short_module.n == module.n && short_name.n == name.n) {
        return false;
    }
    return is_dangerous_entry(q, short_module, short_name) || is_dangerous_module(q, short_module);
}

static const char *op_word(uint32_t op)
{
    switch (op) {
    case OP_CALL: return "call";
    case OP_NEW: return "new";
    case OP_BUILD: return "build";
    default: return NULL;
    }
}

/* The library's writers make this operation with values of such types. */
static bool matches_signature(const struct query *q, struct bytes module, struct bytes name,
                              uint32_t op)
{
    const struct rule_tables *in;
    const char *word = op_word(op);
    if (q->types.p == NULL || word == NULL) {
        return true;
    }
    const struct entry *e = find_entry(q->lists, LIST_SIGNATURES, module, name, &in);
    struct bytes signature = e != NULL ? pool_bytes(in, e->reason) : (struct bytes){ NULL, 0 };
    return signature_accepts(signature, bytes_of(word), q->types);
}

/* "Color.RED" of a listed enumeration Color; its members need no entries. */
static bool is_enum_member(const struct query *q, struct bytes module, struct bytes name,
                           uint32_t op)
{
    const struct rule_tables *in;
    const uint8_t *dot = name.n > 0 ? memrchr(name.p, '.', name.n) : NULL;
    if (dot == NULL || (op != OP_IMPORT && op != OP_ARGUMENT)) {
        return false;
    }

    size_t at = (size_t)(dot - name.p);
    const struct entry *e = find_entry(q->lists, LIST_ALLOWED, module, bytes_sub(name, 0, at), &in);
    bool plain = at + 1 < name.n && name.p[at + 1] != '_';
    return e != NULL && (e->ops & OP_ENUM) != 0 && plain;
}

static enum safety judge(struct query *q, struct bytes module, struct bytes name, uint32_t op)
{
    const struct rule_tables *in;
    if (module.n >= MAX_PATH_BYTES || name.n >= MAX_PATH_BYTES) {
        q->reason = "a module path of more than 512 bytes";
        return SAFETY_DANGEROUS;
    }
    if (is_dangerous_entry(q, module, name) || is_dangerous_before_nul(q, module, name)) {
        return SAFETY_DANGEROUS;
    }

    const struct entry *e = find_entry(q->lists, LIST_ALLOWED, module, name, &in);
    if (e != NULL) {
        bool allowed = (e->ops & op) != 0 && matches_signature(q, module, name, op);
        return allowed ? SAFETY_INNOCUOUS : SAFETY_SUSPICIOUS;
    }
    if (is_enum_member(q, module, name, op)) {
        return SAFETY_INNOCUOUS;
    }
    if (!split_steps(q, name) || has_dunder(q, op)) {
        return SAFETY_DANGEROUS;
    }
    if (is_dangerous_rest(q, module, 0) || is_dangerous_submodule(q, module)
        || is_dangerous_detour(q)) {
        return SAFETY_DANGEROUS;
    }

    return SAFETY_SUSPICIOUS;
}

enum safety safety_of(const struct lookup *l, struct bytes module, struct bytes name, uint32_t op,
                      struct bytes types, const char **reason)
{
    struct query q = { .lists = l, .types = types };
    enum safety s = judge(&q, module, name, op);
    if (reason != NULL) {
        *reason = s == SAFETY_DANGEROUS ? q.reason : NULL;
    }
    return s;
}

const char *safety_name(enum safety s)
{
    static const char *const names[] = { "innocuous", "suspicious", "dangerous" };
    return names[s];
}
