/* note.c - anomalies of an ONNX file, and the texts that they are about. */
#include "onnx.h"

bool onnx_note(struct onnx *x, struct range at, const char *slug, const char *detail,
               struct num declared, struct num actual)
{
    return emit_anomaly_nums(x->o->sink, at, slug, detail, declared, actual);
}

bool onnx_reject(struct onnx *x, struct range at, const char *slug, const char *detail)
{
    x->rejected = emit_anomaly(x->o->sink, at, slug, detail);
    return false;
}

bool onnx_text(struct onnx *x, struct range at, uint8_t *buf, size_t cap, struct bytes *out)
{
    *out = (struct bytes){ buf, at.len < cap ? (size_t)at.len : cap };
    return source_read(x->in->src, at.off, buf, out->n);
}
