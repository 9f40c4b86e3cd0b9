#include "weights_only.h"

#include "../object/object.h"

#include <stdio.h>
#include <string.h>

/* The pickle that torch.load reads: data.pkl of a zip, or the file itself in the old format. */
static bool is_loaded(const struct collector *c)
{
    struct bytes where = bytes_of(c->where);
    return c->job != NULL && !c->job->speculative
           && (c->job->depth == 0 || (c->job->depth == 1 && bytes_end(where, BYTES("/data.pkl"))));
}

static bool listed(const struct collector *c, struct bytes module, struct bytes name)
{
    char text[512];
    int n =
        snprintf(text, sizeof text, "%.*s.%.*s", (int)(module.n < 200 ? module.n : 200),
                 (const char *)module.p, (int)(name.n < 200 ? name.n : 200), (const char *)name.p);
    return module.n < 200 && name.n < 200 && n > 0
           && rules_listed(c->options->rules, "torch-weights-only",
                           (struct bytes){ (const uint8_t *)text, (size_t)n });
}

/* BUILD works on these only (torch/_weights_only_unpickler.py). */
static bool builds(struct bytes module, struct bytes name)
{
    return (bytes_eq(module, BYTES("torch")) && bytes_eq(name, BYTES("Tensor")))
           || (bytes_eq(module, BYTES("torch.nn.parameter")) && bytes_eq(name, BYTES("Parameter")))
           || (bytes_eq(module, BYTES("collections")) && bytes_eq(name, BYTES("OrderedDict")));
}

static bool call_passes(const struct collector *c, const struct fact *f)
{
    struct bytes via = f->call.via;
    if (bytes_eq(via, BYTES("BINPERSID"))) {
        return true;
    }
    if (f->call.module.p == NULL) {
        return false;
    }
    if (bytes_eq(via, BYTES("BUILD"))) {
        return builds(f->call.module, f->call.name);
    }
    if (bytes_start(via, BYTES("SETITEM"))) {
        return bytes_eq(f->call.name, BYTES("OrderedDict.__setitem__"));
    }
    return (bytes_eq(via, BYTES("REDUCE")) || bytes_eq(via, BYTES("NEWOBJ")))
           && listed(c, f->call.module, f->call.name);
}

void weights_only_observe(struct collector *c, const struct fact *f)
{
    if ((f->kind != FACT_IMPORT && f->kind != FACT_CALL) || !is_loaded(c)) {
        return;
    }
    bool passes = f->kind == FACT_CALL ? call_passes(c, f)
                                       : bytes_eq(f->import.via, BYTES("GLOBAL"))
                                             && listed(c, f->import.module, f->import.name);
    c->weights_refused |= !passes;
}

int weights_only_verdict(const struct collector *c, const char *format)
{
    bool torch = strcmp(format, "pytorch-zip") == 0 || strcmp(format, "pytorch-legacy") == 0;
    return !torch ? -1 : c->weights_refused ? 0 : 1;
}
