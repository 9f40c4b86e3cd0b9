/* external.c - tensors whose data is in another file of the model's folder.  location "weights.bin"
 * offset "4096"   length "16"   checksum   basepath  onnx's checker accepts a location that is
 * relative and stays in the model's folder; it skips the check for paths that begin with '#'.  It
 * reads numbers by Python's int(), which accepts " 1_000". */
#include "onnx.h"

#include "../codec/path_check.h"

#include <string.h>

#define MAX_PATH 4096u /* bytes of a location that are read */
#define MAX_NUMBER 24u /* bytes of a number that are read; 64 bits have at most 20 digits */
#define NOT_INLINE 1u /* TensorProto.DataLocation EXTERNAL */

enum key { KEY_LOCATION, KEY_OFFSET, KEY_LENGTH, KEY_CHECKSUM, KEY_BASEPATH, NUM_KEYS };
static const char *const keys[NUM_KEYS] = { "location", "offset", "length", "checksum",
                                            "basepath" };

/* The key that a text spells, or NUM_KEYS.  False on a failed read. */
static bool find_key(struct onnx *x, struct range at, enum key *out)
{
    uint8_t text[16];
    struct bytes name;
    if (!onnx_text(x, at, text, sizeof text, &name)) {
        return false;
    }

    *out = NUM_KEYS;
    for (unsigned k = 0; k < NUM_KEYS; k++) {
        if (at.len == name.n && bytes_eq(name, bytes_of(keys[k]))) {
            *out = (enum key)k;
        }
    }

    return true;
}

bool external_entry(struct onnx *x, const struct frame *fr)
{
    struct tensor *t = &x->tensor;
    enum key key;
    if (!find_key(x, fr->first, &key)) {
        return false;
    }
    if (key == NUM_KEYS) {
        return emit_anomaly(x->o->sink, fr->first, "onnx-external-key",
                            "a key of external data that the format does not have");
    }

    bool is_duplicate = (t->external_seen & 1u << key) != 0;
    t->external_seen |= 1u << key;
    t->external[key] = fr->second;
    return !is_duplicate
           || emit_anomaly(x->o->sink, fr->first, "onnx-external-odd",
                           "duplicate key of external data");
}

static bool read_decimal(struct bytes b, uint64_t *out)
{
    *out = 0;
    if (b.n == 0 || (b.n > 1 && b.p[0] == '0')) {
        return false;
    }

    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] < '0' || b.p[i] > '9' || !mul_u64(*out, 10, out)
            || !add_u64(*out, (uint64_t)(b.p[i] - '0'), out)) {
            return false;
        }
    }

    return true;
}

/* The number of a key in canonical decimals.  Sets *odd for any other text: the reference may still
 * accept it.  False on a failed read. */
static bool read_number(struct onnx *x, enum key key, struct num *out, bool *odd)
{
    uint8_t text[MAX_NUMBER];
    struct bytes b;
    uint64_t v;
    struct range at = x->tensor.external[key];
    *out = NUM_NONE;
    if ((x->tensor.external_seen & 1u << key) == 0) {
        return true;
    }
    if (!onnx_text(x, at, text, sizeof text, &b)) {
        return false;
    }
    if (b.n == at.len && read_decimal(b, &v)) {
        *out = num_of(v);
    } else {
        *odd = true;
    }

    return true;
}

/* Why a location leads out of the model's folder in some reader, or NULL. */
static const char *why_escapes(struct bytes path)
{
    if (path.n > 0 && path.p[0] == '#') {
        return "a location that begins with '#', for which the reference checks nothing";
    }
    if (path.n > 0 && memmem(path.p, path.n, "://", 3) != NULL) {
        return "a location that is a URI";
    }
    return path_leaves(path);
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
    if (x->tensor.location != NOT_INLINE) {
        return emit_anomaly(x->o->sink, x->tensor.whole, "onnx-external-odd",
                            "external data of a tensor that is not external");
    }
    if (!onnx_text(x, x->tensor.external[KEY_LOCATION], text, sizeof text, &f.external.path)
        || !read_number(x, KEY_OFFSET, &f.external.offset, &odd)
        || !read_number(x, KEY_LENGTH, &f.external.length, &odd)) {
        return false;
    }
    if (odd
        && !emit_anomaly(x->o->sink, x->tensor.whole, "onnx-external-odd",
                         "an offset or length that is not a plain decimal")) {
        return false;
    }

    f.external.role = BYTES("tensor-data");
    f.external.key = tensor_name;
    return check_location(x, f.external.path) && emit(x->o->sink, &f);
}
