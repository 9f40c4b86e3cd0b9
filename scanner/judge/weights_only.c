#include "weights_only.h"

#include <stdio.h>
#include <string.h>

/* The pickle that torch.load reads: data.pkl of a zip, or the file itself in the old format. */
static bool is_loaded(const struct object_ctx *of)
{
    if (of->speculative) {
        return false;
    }
    return of->depth == 0 || (of->depth == 1 && bytes_end(bytes_of(of->label), BYTES("/data.pkl")));
}

static bool is_listed(const struct judge *j, struct bytes module, struct bytes name)
{
    char text[512];
    if (module.n >= 200 || name.n >= 200) {
        return false;
    }
    int n = snprintf(text, sizeof text, "%.*s.%.*s", (int)module.n, (const char *)module.p,
                     (int)name.n, (const char *)name.p);
    return n > 0
           && rules_listed(j->rules, "torch-weights-only",
                           (struct bytes){ (const uint8_t *)text, (size_t)n });
}

/* BUILD works on these only (torch/_weights_only_unpickler.py). */
static bool builds(struct bytes module, struct bytes name)
{
    return (bytes_eq(module, BYTES("torch")) && bytes_eq(name, BYTES("Tensor")))
           || (bytes_eq(module, BYTES("torch.nn.parameter")) && bytes_eq(name, BYTES("Parameter")))
           || (bytes_eq(module, BYTES("collections")) && bytes_eq(name, BYTES("OrderedDict")));
}

static bool call_passes(const struct judge *j, const struct fact_call *call)
{
    if (bytes_eq(call->via, BYTES("BINPERSID"))) {
        return true;
    }
    if (call->module.p == NULL) {
        return false;
    }
    if (bytes_eq(call->via, BYTES("BUILD"))) {
        return builds(call->module, call->name);
    }
    if (bytes_start(call->via, BYTES("SETITEM"))) {
        return bytes_eq(call->name, BYTES("OrderedDict.__setitem__"));
    }
    bool constructs = bytes_eq(call->via, BYTES("REDUCE")) || bytes_eq(call->via, BYTES("NEWOBJ"));
    return constructs && is_listed(j, call->module, call->name);
}

static bool import_passes(const struct judge *j, const struct fact_import *import)
{
    return bytes_eq(import->via, BYTES("GLOBAL")) && is_listed(j, import->module, import->name);
}

void weights_only_observe(struct judge *j, const struct object_ctx *of, const struct fact *f)
{
    if ((f->kind != FACT_IMPORT && f->kind != FACT_CALL) || !is_loaded(of)) {
        return;
    }
    bool passes = f->kind == FACT_CALL ? call_passes(j, &f->call) : import_passes(j, &f->import);
    j->weights_refused |= !passes;
}

int weights_only_verdict(const struct judge *j, const char *format)
{
    bool is_torch = strcmp(format, "pytorch-zip") == 0 || strcmp(format, "pytorch-legacy") == 0;
    if (!is_torch) {
        return -1;
    }
    return j->weights_refused ? 0 : 1;
}
