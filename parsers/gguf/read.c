/* read.c - numbers in the file's byte order, strings, and the anomalies of a file. */
#include "gguf.h"

bool gguf_u32(struct gguf *g, uint32_t *out)
{
    uint32_t v;
    if (!stream_u32le(g->in, &v)) {
        return false;
    }
    *out = g->big ? __builtin_bswap32(v) : v;
    return true;
}

bool gguf_u64(struct gguf *g, uint64_t *out)
{
    uint64_t v;
    if (!stream_u64le(g->in, &v)) {
        return false;
    }
    *out = g->big ? __builtin_bswap64(v) : v;
    return true;
}

bool gguf_count(struct gguf *g, uint64_t *out)
{
    uint32_t small;
    if (g->version > 1) {
        return gguf_u64(g, out);
    }
    if (!gguf_u32(g, &small)) {
        return false;
    }

    *out = small;
    return true;
}

bool gguf_note(struct gguf *g, struct range at, const char *slug, const char *detail,
               struct num declared, struct num actual)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = at };
    f.anomaly.slug = bytes_of(slug);
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.loader = g->rejected ? BYTES("rejects") : BYTES("accepts");
    f.anomaly.declared = declared;
    f.anomaly.actual = actual;
    return emit(g->o->sink, &f);
}

bool gguf_reject(struct gguf *g, struct range at, const char *slug, const char *detail)
{
    g->rejected = true;
    g->rejected = gguf_note(g, at, slug, detail, NUM_NONE, NUM_NONE);
    return false;
}

bool gguf_truncated(struct gguf *g, const char *detail)
{
    if (source_failed(g->in->src) || g->rejected) {
        return false;
    }
    struct range rest = { g->in->pos, stream_left(g->in) };
    return gguf_reject(g, rest, "gguf-truncated", detail);
}

bool gguf_past_end(struct gguf *g, struct range at, const char *detail, uint64_t declared)
{
    g->rejected = true;
    g->rejected =
        gguf_note(g, at, "length-past-end", detail, num_of(declared), num_of(stream_left(g->in)));
    return false;
}

bool gguf_string(struct gguf *g, struct range *at)
{
    uint64_t n;
    if (!gguf_count(g, &n)) {
        return gguf_truncated(g, "the file ends before a string");
    }

    *at = (struct range){ g->in->pos, n };
    if (n <= stream_left(g->in) && n <= g->o->budget->max[LIMIT_gguf_string_bytes]) {
        return stream_skip(g->in, n);
    }

    return gguf_past_end(g, (struct range){ at->off, 0 },
                         "a string is longer than what is left, or than 1 GiB", n);
}

bool gguf_text(struct gguf *g, struct range at, uint64_t max, struct bytes *out)
{
    size_t n = at.len < max ? (size_t)at.len : (size_t)max;
    if (!budget_grow(g->o->budget, &g->text, &g->text_cap, n + 1, 1)
        || !source_read(g->in->src, at.off, g->text, n)) {
        return false;
    }
    *out = (struct bytes){ g->text, n };
    return true;
}
