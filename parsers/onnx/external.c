/* external.c - tensors whose data lie in a file beside the model.
 *
 *   location "weights.bin"   offset "4096"   length "16"   checksum   basepath
 *
 * onnx's checker takes a location that is relative and stays in the model's folder; it is
 * skipped for paths that begin with '#'.  Its numbers are Python's int(): " 1_000" is taken. */
#include "onnx.h"

#include "../codec/path_check.h"

#include <string.h>

#define MAX_PATH 4096u

enum key { KEY_LOCATION, KEY_OFFSET, KEY_LENGTH, KEY_CHECKSUM, KEY_BASEPATH, NUM_KEYS };
static const char *const keys[NUM_KEYS] = { "location", "offset", "length", "checksum",
                                            "basepath" };

bool external_entry(struct onnx *x, const struct frame *fr)
{
    uint8_t text[16];
    struct bytes name;
    struct tensor *t = &x->tensor;
    if (!onnx_text(x, fr->first, text, sizeof text, &name)) {
        return false;
    }
    for (unsigned k = 0; k < NUM_KEYS; k++) {
        if (fr->first.len != name.n || !bytes_eq(name, bytes_of(keys[k]))) {
            continue;
        }
        bool twice = (t->external_seen & 1u << k) != 0;
        t->external_seen |= 1u << k;
        t->external[k] = fr->second;
        return !twice
               || emit_anomaly(x->o->sink, fr->first, "onnx-external-odd",
                               "a key of external data that is there twice");
    }
    return emit_anomaly(x->o->sink, fr->first, "onnx-external-key",
                        "a key of external data that the format does not have");
}

/* Canonical decimals only; false with *odd when the reference might still make something of it. */
static bool number(struct onnx *x, enum key k, struct num *out, bool *odd)
{
    uint8_t text[24];
    struct bytes b;
    uint64_t v = 0;
    *out = (struct num){ 0 };
    if ((x->tensor.external_seen & 1u << k) == 0) {
        return true;
    }
    if (!onnx_text(x, x->tensor.external[k], text, sizeof text, &b)) {
        return false;
    }
    bool ok = b.n > 0 && b.n == x->tensor.external[k].len && (b.n == 1 || b.p[0] != '0');
    for (size_t i = 0; ok && i < b.n; i++) {
        ok = b.p[i] >= '0' && b.p[i] <= '9' && mul_u64(v, 10, &v)
             && add_u64(v, (uint64_t)(b.p[i] - '0'), &v);
    }
    *odd |= !ok;
    *out = ok ? num_of(v) : (struct num){ 0 };
    return true;
}

/* Out of the folder for somebody: also '#', and URIs. */
static const char *why_escapes(struct bytes p)
{
    if (p.n > 0 && p.p[0] == '#') {
        return "a location that begins with '#', for which the reference checks nothing";
    }
    return p.n > 0 && memmem(p.p, p.n, "://", 3) != NULL ? "a location that is a URI"
                                                         : path_leaves(p);
}

static bool check_location(struct onnx *x, struct bytes path)
{
    struct range at = x->tensor.external[KEY_LOCATION];
    if (bytes_eq(path, BYTES("*/_ORT_MEM_ADDR_/*"))) {
        return emit_anomaly(x->o->sink, at, "onnx-memory-address",
                            "a location that makes the runtime read memory at the offset");
    }
    const char *why = why_escapes(path);
    return why == NULL || emit_anomaly(x->o->sink, at, "extern-escape", why);
}

bool external_end(struct onnx *x, struct bytes tensor_name)
{
    uint8_t text[MAX_PATH];
    struct fact f = { .kind = FACT_EXTERN, .at = x->tensor.whole };
    bool odd = false;
    if (x->tensor.location != 1) {
        return emit_anomaly(x->o->sink, x->tensor.whole, "onnx-external-odd",
                            "external data of a tensor that is not external");
    }
    if (!onnx_text(x, x->tensor.external[KEY_LOCATION], text, sizeof text, &f.external.path)
        || !number(x, KEY_OFFSET, &f.external.offset, &odd)
        || !number(x, KEY_LENGTH, &f.external.length, &odd)) {
        return false;
    }
    if (odd
        && !emit_anomaly(x->o->sink, x->tensor.whole, "onnx-external-odd",
                         "an offset or length that is no plain decimal")) {
        return false;
    }
    f.external.role = BYTES("tensor-data");
    f.external.key = tensor_name;
    return check_location(x, f.external.path) && emit(x->o->sink, &f);
}
