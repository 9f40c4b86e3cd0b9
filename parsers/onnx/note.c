/* note.c - anomalies of an ONNX file, and the texts that they are about. */
#include "onnx.h"

bool onnx_note(struct onnx *x, struct range at, const char *slug, const char *detail,
               struct num declared, struct num actual)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = at };
    f.anomaly.slug = bytes_of(slug);
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.declared = declared;
    f.anomaly.actual = actual;
    return emit(x->o->sink, &f);
}

bool onnx_reject(struct onnx *x, struct range at, const char *slug, const char *detail)
{
    struct num none = { 0 };
    x->rejected = onnx_note(x, at, slug, detail, none, none);
    return false;
}

bool onnx_text(struct onnx *x, struct range at, uint8_t *buf, size_t cap, struct bytes *out)
{
    *out = (struct bytes){ buf, at.len < cap ? (size_t)at.len : cap };
    return source_read(x->in->src, at.off, buf, out->n);
}
