/* safety.c - innocuous, suspicious or dangerous: default deny.
 *
 * In this order: an exact dangerous entry; an exact allowed entry; then all the
 * ways in which a name can lead somewhere else: dunder attributes, attributes of
 * something dangerous, and modules reached through modules (tempfile's
 * "_os.system" is os.system); then dangerous modules as a whole.  What is left
 * is suspicious: nobody has audited it. */
#include "model.h"
#include "signature.h"
#include <string.h>

/* No honest name comes near these; what does would only buy time. */
enum { MAX_STEPS = 8, MAX_PATH_BYTES = 512 };

struct query {
    const struct lookup *lists;
    struct bytes types; /* of the operation; p NULL: not asked for */
    struct bytes step[MAX_STEPS]; /* the name, split at its dots */
    size_t num_steps;
    const char *reason;
};

static const struct entry *find(const struct lookup *l, enum list_kind kind, struct bytes module,
                                struct bytes name, const struct model **in)
{
    for (size_t i = 0; i < l->num_models; i++) {
        const struct model *m = l->models[i];
        for (size_t k = 0; k < m->num_lists; k++) {
            const struct list *list = &m->lists[k];
            struct bytes whole = model_text(m, list->name);
            if (list->kind != (uint32_t)kind || !bytes_start(whole, l->family)
                || whole.n <= l->family.n || whole.p[l->family.n] != '/'
                || memchr(whole.p + l->family.n + 1, '/', whole.n - l->family.n - 1)) {
                continue;
            }
            const struct entry *e = list_entry(m, list, module, name);
            if (e) {
                *in = m;
                return e;
            }
        }
    }
    return NULL;
}

static bool dangerous_exact(struct query *q, struct bytes module, struct bytes name)
{
    const struct model *in;
    const struct entry *e = find(q->lists, LIST_DANGEROUS, module, name, &in);
    if (e) {
        q->reason = (const char *)model_text(in, e->reason).p;
    }
    return e != NULL;
}

/* "os *" covers os and os.path. */
static bool dangerous_module(struct query *q, struct bytes module)
{
    for (size_t n = module.n; n > 0; n--) {
        if ((n == module.n || module.p[n] == '.')
            && dangerous_exact(q, bytes_sub(module, 0, n), BYTES("*"))) {
            return true;
        }
    }
    return false;
}

static bool split(struct query *q, struct bytes name)
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

/* What the opcode itself calls on an object is no detour. */
static bool is_protocol(uint32_t op, struct bytes last)
{
    return (op == OP_METHOD && bytes_eq(last, BYTES("__setitem__")))
           || (op == OP_BUILD
               && (bytes_eq(last, BYTES("__setstate__")) || bytes_eq(last, BYTES("__dict__"))))
           || (op == OP_NEW && bytes_eq(last, BYTES("__new__")));
}

static bool has_dunder(struct query *q, uint32_t op)
{
    for (size_t i = 0; i < q->num_steps; i++) {
        struct bytes s = q->step[i];
        if (s.n > 4 && bytes_start(s, BYTES("__")) && bytes_end(s, BYTES("__"))
            && !(i > 0 && i + 1 == q->num_steps && is_protocol(op, s))) {
            q->reason = "reaches into Python's internals through a double-underscore attribute";
            return true;
        }
    }
    return false;
}

/* Steps [from, to) as one dotted slice of the name they were split from. */
static struct bytes span(const struct query *q, size_t from, size_t to)
{
    const uint8_t *start = q->step[from].p;
    struct bytes last = q->step[to - 1];
    /* NULL: the name is empty */
    return (struct bytes){ start, last.p != NULL ? (size_t)(last.p - start) + last.n : 0 };
}

/* Is module + steps[from...] dangerous, or an attribute of what is? */
static bool dangerous_rest(struct query *q, struct bytes module, size_t from)
{
    for (size_t to = from + 1; to <= q->num_steps; to++) {
        if (dangerous_exact(q, module, span(q, from, to))) {
            return true;
        }
    }
    return dangerous_module(q, module);
}

static struct bytes without_underscores(struct bytes b)
{
    size_t n = 0;
    while (n < b.n && b.p[n] == '_') {
        n++;
    }
    return bytes_sub(b, n, b.n - n);
}

/* Steps [i, k) as a module of its own: "_os" . "system", "sys.modules"... */
static bool dangerous_detour(struct query *q)
{
    for (size_t i = 0; i < q->num_steps; i++) {
        for (size_t k = i + 1; k < q->num_steps; k++) {
            struct bytes module = span(q, i, k);
            if (dangerous_rest(q, module, k) || dangerous_rest(q, without_underscores(module), k)) {
                return true;
            }
        }
    }
    return false;
}

/* torch, "hub.load" is torch.hub's load. */
static bool dangerous_submodule(struct query *q, struct bytes module)
{
    uint8_t path[MAX_PATH_BYTES];
    for (size_t k = 1; k < q->num_steps; k++) {
        struct bytes sub = span(q, 0, k);
        if (module.n >= sizeof path || sub.n >= sizeof path - module.n) {
            q->reason = "a module path of more than 512 bytes";
            return true;
        }
        if (module.n) {
            memcpy(path, module.p, module.n);
        }
        path[module.n] = '.';
        if (sub.n) {
            memcpy(path + module.n + 1, sub.p, sub.n);
        }
        if (dangerous_rest(q, (struct bytes){ path, module.n + 1 + sub.n }, k)) {
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

/* "os\0": code that ends a name at its first NUL looks up what stands before it. */
static bool dangerous_before_nul(struct query *q, struct bytes module, struct bytes name)
{
    struct bytes short_module = before_nul(module);
    struct bytes short_name = before_nul(name);
    bool cut = short_module.n < module.n || short_name.n < name.n;
    return cut
           && (dangerous_exact(q, short_module, short_name) || dangerous_module(q, short_module));
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

/* Whether the library's writers make this operation with such values. */
static bool matches_signature(const struct query *q, struct bytes module, struct bytes name,
                              uint32_t op)
{
    const struct model *in;
    const char *word = op_word(op);
    if (q->types.p == NULL || word == NULL) {
        return true;
    }
    const struct entry *e = find(q->lists, LIST_SIGNATURES, module, name, &in);
    struct bytes signature = e != NULL ? model_text(in, e->reason) : (struct bytes){ NULL, 0 };
    return signature_accepts(signature, bytes_of(word), q->types);
}

/* "Color.RED" of an enumeration Color: a member, under whatever name. */
static bool is_enum_member(const struct query *q, struct bytes module, struct bytes name,
                           uint32_t op)
{
    const struct model *in;
    const uint8_t *dot = name.n > 0 ? memrchr(name.p, '.', name.n) : NULL;
    if (dot == NULL || (op != OP_IMPORT && op != OP_ARGUMENT)) {
        return false;
    }
    size_t at = (size_t)(dot - name.p);
    const struct entry *e = find(q->lists, LIST_ALLOWED, module, bytes_sub(name, 0, at), &in);
    bool plain = at + 1 < name.n && name.p[at + 1] != '_';
    return e != NULL && (e->ops & OP_ENUM) != 0 && plain;
}

static enum safety judge(struct query *q, struct bytes module, struct bytes name, uint32_t op)
{
    const struct model *in;
    if (module.n >= MAX_PATH_BYTES || name.n >= MAX_PATH_BYTES) {
        q->reason = "a module path of more than 512 bytes";
        return SAFETY_DANGEROUS;
    }
    if (dangerous_exact(q, module, name) || dangerous_before_nul(q, module, name)) {
        return SAFETY_DANGEROUS;
    }
    const struct entry *e = find(q->lists, LIST_ALLOWED, module, name, &in);
    if (e) {
        bool allowed = (e->ops & op) != 0 && matches_signature(q, module, name, op);
        return allowed ? SAFETY_INNOCUOUS : SAFETY_SUSPICIOUS;
    }
    if (is_enum_member(q, module, name, op)) {
        return SAFETY_INNOCUOUS;
    }
    if (!split(q, name) || has_dunder(q, op) || dangerous_rest(q, module, 0)
        || dangerous_submodule(q, module) || dangerous_detour(q)) {
        return SAFETY_DANGEROUS;
    }
    return SAFETY_SUSPICIOUS;
}

enum safety safety_of(const struct lookup *l, struct bytes module, struct bytes name, uint32_t op,
                      struct bytes types, const char **reason)
{
    struct query q = { .lists = l, .types = types };
    enum safety s = judge(&q, module, name, op);
    if (reason) {
        *reason = s == SAFETY_DANGEROUS ? q.reason : NULL;
    }
    return s;
}

const char *safety_name(enum safety s)
{
    static const char *const names[] = { "innocuous", "suspicious", "dangerous" };
    return names[s];
}
