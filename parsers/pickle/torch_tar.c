/* torch_tar.c - two members of torch's first format, a tar, read as torch.load reads them.
 *
 *   storages   pickle: how many; for each: pickle (key, location, TYPE), i64 numel, numel items of
 *              its TYPE; then a pickle of views
 *   tensors    pickle: how many; for each: pickle (key, storage, TYPE), i32 dimensions, 4 bytes,
 *              i64 sizes and strides for each dimension, i64 offset
 *
 * What lies between the pickles is data, and what follows it runs: a reader that stops at the
 * first byte that is no opcode does not see the pickles behind a storage. Reference:
 * torch/serialization.py, _legacy_load (legacy_load); ATen's StorageMethods.cpp (new_with_file). */
#include "vm.h"

bool torchtar_driven(const struct vm *m)
{
    return m->o->as == AS_TORCH_STORAGES || m->o->as == AS_TORCH_TENSORS;
}

static enum step unclear(struct vm *m, const char *detail, const char **why)
{
    *why = detail;
    return emit_anomaly(m->o->sink, (struct range){ m->in->pos, 0 }, "torch-storage-unclear",
                        detail)
               ? STEP_MALFORMED
               : STEP_ABORT;
}

static enum step cut_off(const char **why)
{
    *why = "torch's first format, cut short";
    return STEP_TRUNCATED;
}

static enum step skip_storage(struct vm *m, const char **why)
{
    struct fact f = { .kind = FACT_TENSOR };
    const struct tuple *t = tuple_get(m, m->result);
    unsigned item = t != NULL && t->n == 3 ? legacy_item_bytes(m, t->items[2]) : 0;
    uint64_t numel, n;
    if (item == 0) {
        return unclear(m, "a storage of no known type", why);
    }
    if (!stream_u64le(m->in, &numel) || !mul_u64(numel, item, &n)) {
        return cut_off(why);
    }
    f.at = (struct range){ m->in->pos, n };
    f.tensor.name = BYTES("storage");
    f.tensor.declared_bytes = num_of(n);
    if (!stream_skip(m->in, n)) {
        return cut_off(why);
    }
    f.tensor.actual_bytes = num_of(n);
    return emit(m->o->sink, &f) ? STEP_CONTINUE : STEP_ABORT;
}

static enum step skip_tensor(struct vm *m, const char **why)
{
    uint32_t dims;
    uint64_t n;
    if (!stream_u32le(m->in, &dims) || dims > INT32_MAX || !mul_u64(dims, 16, &n)
        || !add_u64(n, 12, &n) || !stream_skip(m->in, n)) {
        return cut_off(why);
    }
    return STEP_CONTINUE;
}

/* After the STOP of pickle number num. */
enum step torchtar_after(struct vm *m, uint64_t num, const char **why)
{
    struct torchtar *t = &m->torchtar;
    bool storages = m->o->as == AS_TORCH_STORAGES;
    enum step s = STEP_CONTINUE;
    if (num == 0 && !number_read(m, m->result, &t->count)) {
        return unclear(m, "the count is not a number", why);
    }
    if (num > 0 && num <= t->count) {
        s = storages ? skip_storage(m, why) : skip_tensor(m, why);
    }
    t->over = storages ? num > t->count : num >= t->count;
    return s;
}
