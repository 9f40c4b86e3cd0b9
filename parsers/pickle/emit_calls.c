/* emit_calls.c - imports and calls, as facts. */
#include "call.h"

#include "value_types.h"

#include <string.h>

#define PREVIEW 1024u /* bytes of an argument preview */

static struct num torchscript_of(const struct vm *m)
{
    return m->o->as == AS_SCRIPT_PICKLE ? num_of(1) : NUM_NONE;
}

bool report_call(struct vm *m, struct val callee, struct bytes name, struct val args,
                 const char *op, const char *folded)
{
    char shown[PREVIEW], types[TYPES_BYTES];
    bool known = val_kind(callee) == K_GLOBAL || val_kind(callee) == K_INSTANCE
                 || val_kind(callee) == K_MODULE;
    struct fact f = { .kind = FACT_CALL, .at = { m->at, 0 } };
    m->executed = true;
    f.call.args = (struct bytes){ (const uint8_t *)shown, preview(m, args, shown, sizeof shown) };
    f.call.types = (struct bytes){ (const uint8_t *)types, value_types(m, args, types) };
    f.call.via = bytes_of(vm_via(m));
    f.call.torchscript = torchscript_of(m);
    f.call.op = bytes_of(op);
    f.call.folded = bytes_of(folded);
    f.call.state = bytes_of(strcmp(op, "build") == 0 ? formula_state(m, args) : NULL);
    if (known) {
        f.call.module = global_module(m, val_payload(callee));
        f.call.name = name;
    } else if (strcmp(op, "persid") != 0) {
        f.call.unknown = num_of(1);
    }
    return emit(m->o->sink, &f);
}

bool report_import(struct vm *m, struct bytes module, struct bytes name, struct bytes raw_module,
                   struct bytes raw_name, const char *via, const char *reading)
{
    struct fact f = { .kind = FACT_IMPORT, .at = { m->at, 0 } };
    f.import.module = module;
    f.import.name = name;
    f.import.raw_module = raw_module;
    f.import.raw_name = raw_name;
    f.import.via = bytes_of(via);
    f.import.reading = bytes_of(reading);
    f.import.protocol = num_of(m->protocol);
    f.import.torchscript = torchscript_of(m);
    /* an opcode's empty name: prose that ends; a folded import has none */
    bool opcode = via == vm_via(m);
    /* the registry is empty unless the loader filled it */
    bool code = bytes_start(f.import.via, BYTES("EXT"));
    f.import.plausible = num_of(!code && dotted_identifier(module)
                                && (name.n == 0 ? !opcode : dotted_identifier(name)));
    m->executed |= f.import.plausible.v != 0;
    return emit(m->o->sink, &f);
}

bool push_global(struct vm *m, struct bytes module, struct bytes name, struct val *out)
{
    struct bytes raw_module = module, raw_name = name;
    uint64_t g;
    if (m->protocol < 3) {
        map_python2(&module, &name);
    }
    bool mapped = module.p != raw_module.p || name.p != raw_name.p;
    const char *reading = m->protocol >= 4 ? "dotted" : "plain";
    if (mapped) {
        reading = "python2-map";
    }
    if (!report_import(m, module, name, raw_module, raw_name, vm_via(m), reading)
        || !global_intern(m, module, name, &g)) {
        return false;
    }
    *out = val_of(K_GLOBAL, g);
    return true;
}

bool report_unknown_value(struct vm *m, const char *what, struct val *out)
{
    *out = val_unknown();
    m->executed = true;
    return emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-unknown-value", what);
}

/* The class of a constant or a container, whose attributes are those of its class. */
static const char *builtin_class(struct val v)
{
    switch (val_kind(v)) {
    case K_BOOL: return "bool";
    case K_NUMBER: return (val_payload(v) & NUMBER_FLOAT) != 0 ? "float" : "int";
    case K_TEXT: return "str";
    case K_BYTES: return "bytes";
    case K_BYTEARRAY: return "bytearray";
    case K_LIST: return "list";
    case K_SET: return "set";
    case K_FROZENSET: return "frozenset";
    case K_DICT: return "dict";
    case K_TUPLE: return "tuple";
    default: return NULL;
    }
}

/* "Class.attr": an attribute of a global, of an instance, of a module or of a constant. */
bool attribute(struct vm *m, struct val of, struct bytes attr, const char *via, struct val *out)
{
    *out = val_unknown();
    const char *builtin = builtin_class(of);
    if (builtin != NULL) {
        uint64_t class;
        if (!global_intern(m, BYTES("builtins"), bytes_of(builtin), &class)) {
            return false;
        }
        of = val_of(K_GLOBAL, class);
    }
    enum kind k = val_kind(of);
    if (k != K_GLOBAL && k != K_INSTANCE && k != K_MODULE) {
        return report_unknown_value(m, "an attribute of a value that is no global", out);
    }
    struct text name = { 0 };
    struct bytes base = global_name(m, val_payload(of));
    struct bytes parts[3] = { base, base.n > 0 ? BYTES(".") : BYTES(""), attr };
    for (size_t i = 0; i < 3; i++) {
        if (!budget_grow(m->o->budget, &name.p, &name.cap, name.n + parts[i].n + 1, 1)) {
            text_done(m, &name);
            return false;
        }
        if (parts[i].n > 0) {
            memcpy(name.p + name.n, parts[i].p, parts[i].n);
        }
        name.n += parts[i].n;
    }
    struct bytes whole = { name.p, name.n }, module = global_module(m, val_payload(of));
    uint64_t g = 0;
    bool ok = report_import(m, module, whole, module, attr, via, "attribute")
              && global_intern(m, module, whole, &g);
    text_done(m, &name);
    *out = val_of(K_GLOBAL, g);
    return ok;
}

/* As attribute(), with the name in a string constant. */
bool attribute_named(struct vm *m, struct val of, struct val name, const char *via, struct val *out)
{
    struct text t;
    *out = val_unknown();
    if (!text_read(m, name, m->o->budget->max[LIMIT_pickle_text_bytes], &t)) {
        return m->o->budget->exceeded == NUM_LIMITS
               && report_unknown_value(m, "an attribute under a computed name", out);
    }
    bool ok = attribute(m, of, (struct bytes){ t.p, t.n }, via, out);
    text_done(m, &t);
    return ok;
}
