#include "evidence.h"

#include "../../parsers/base/limits.h"
#include "../report/escape.h"
#include "../util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void put_bytes(FILE *out, struct bytes b)
{
    if (b.n > 0) {
        fwrite(b.p, 1, b.n, out);
    }
}

static void put_num(FILE *out, const char *label, struct num n)
{
    if (n.set) {
        fprintf(out, "%s%s %" PRIu64, label[0] == ',' ? "" : " ", label, n.v);
    }
}

static void put_call(FILE *out, const struct fact_call *c)
{
    if (c->module.p == NULL && c->name.p == NULL) {
        fputs("<unknown>", out);
    } else {
        put_bytes(out, c->module);
        fputc('.', out);
        put_bytes(out, c->name);
    }
    if (bytes_eq(c->op, BYTES("argument"))) {
        fputs(" as an argument of ", out);
        put_bytes(out, c->holder_module);
        fputc('.', out);
        put_bytes(out, c->holder_name);
        return;
    }
    fputc('(', out);
    put_bytes(out, c->args);
    fputc(')', out);
}

static void put_anomaly(FILE *out, const struct fact_anomaly *a)
{
    put_bytes(out, a->detail.n > 0 ? a->detail : a->slug);
    if (a->declared.set || a->actual.set || a->limit.set) {
        fputs(" [", out);
        put_num(out, "declared", a->declared);
        put_num(out, "actual", a->actual);
        put_num(out, "limit", a->limit);
        fputs(" ]", out);
    }
}

static void put_pair(FILE *out, struct bytes a, const char *between, struct bytes b)
{
    put_bytes(out, a);
    fputs(between, out);
    put_bytes(out, b);
}

static void put_exec(FILE *out, const struct fact_exec *e)
{
    put_pair(out, e->kind, e->machine.n > 0 ? " " : "", e->machine);
    if (e->within.n > 0) {
        put_pair(out, BYTES(" in "), "", e->within);
    }
    if (e->within_name.n > 0) {
        put_pair(out, BYTES(" `"), "", e->within_name);
        fputc('`', out);
    }
    put_num(out, ", bytes", e->size);
    put_num(out, ", instructions", e->instructions);
    if (e->strings.n > 0) {
        put_pair(out, BYTES(", has "), "", e->strings);
    }
}

static void put_fact(FILE *out, const struct fact *f)
{
    switch (f->kind) {
    case FACT_CALL: put_call(out, &f->call); break;
    case FACT_IMPORT: put_pair(out, f->import.module, ".", f->import.name); break;
    case FACT_ANOMALY: put_anomaly(out, &f->anomaly); break;
    case FACT_STRING: put_pair(out, f->string.key, ": ", f->string.text); break;
    case FACT_META: put_pair(out, f->meta.key, " = ", f->meta.value); break;
    case FACT_TENSOR: put_pair(out, f->tensor.name, " ", f->tensor.shape); break;
    case FACT_REGION: put_pair(out, f->region.role, " ", f->region.name); break;
    case FACT_EXEC: put_exec(out, &f->exec); break;
    case FACT_EXTERN: put_pair(out, f->external.key, " -> ", f->external.path); break;
    case FACT_OBJECT: put_bytes(out, f->object.format); break;
    case FACT_KINDS: break;
    }
}

char *evidence_of(const struct fact *f)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    put_fact(t.out, f);
    char *text = text_end(&t);
    if (text == NULL) {
        return NULL;
    }
    char *shown =
        escape_printable((struct bytes){ (const uint8_t *)text, t.n }, BOUND_evidence_bytes);
    free(text);
    return shown;
}
