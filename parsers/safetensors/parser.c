/* parser.c - safetensors.
 *
 *   u64 n, little-endian; n <= 100,000,000
 *   n bytes of JSON:  {"__metadata__": {KEY: VALUE, ...},
 *                      NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
 *   the data: tensors back to back, nothing between, nothing behind
 *
 * Accepts what safetensors/src/tensor.rs (0.8) accepts, and reports as anomalies what
 * it lets pass though no writer produces it. */
#include "safetensors.h"

extern const struct parser safetensors_parser;

#define LENGTH_BYTES 8u

/* Where the JSON begins after blanks: '{' and then '"' or '}'. */
static bool looks_like_header(struct bytes text)
{
    size_t i = 0;
    int found = 0;
    for (; i < text.n && found < 2; i++) {
        uint8_t c = text.p[i];
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            continue;
        }
        if (found == 0 ? c != '{' : c != '"' && c != '}') {
            return false;
        }
        found++;
    }
    return found == 2 || (found == 1 && i == text.n);
}

/* The length alone is weak evidence, so a file whose length lies is claimed by its text. */
static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    uint64_t n;
    if (!cur_u64le(&c, &n) || !looks_like_header(bytes_sub(g->head, LENGTH_BYTES, g->head.n))) {
        return 0;
    }
    bool plausible = n <= 100000000 && n >= 2 && n <= g->size - LENGTH_BYTES;
    return plausible ? 90 : 55;
}

static bool too_long(struct st *s, uint64_t left)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { 0, LENGTH_BYTES } };
    bool beyond = s->header_bytes > left;
    f.anomaly.slug = beyond ? BYTES("length-past-end") : BYTES("safetensors-header-too-large");
    f.anomaly.detail = beyond ? BYTES("the header declares more bytes than the file has")
                              : BYTES("a header of more than 100,000,000 bytes");
    f.anomaly.loader = BYTES("rejects");
    f.anomaly.declared = num_of(s->header_bytes);
    f.anomaly.actual = num_of(left);
    f.anomaly.limit = num_of(s->o->budget->max[LIMIT_safetensors_header_bytes]);
    s->rejected = emit(s->o->sink, &f);
    return false;
}

/* A header that dwarfs its tensors carries something else. */
static bool note_size(struct st *s)
{
    uint64_t n = s->header_bytes, size = s->o->src->size;
    struct range at = { LENGTH_BYTES, n };
    return n <= 10485760 && (n <= 1048576 || n <= size / 2)
               ? true
               : st_note(s, at, "safetensors-header-large",
                         "a header of more than 10 MiB, or of more than half of the file",
                         "accepts");
}

static bool read_length(struct st *s)
{
    uint8_t head[LENGTH_BYTES];
    uint64_t left;
    if (!source_read(s->o->src, 0, head, sizeof head)) {
        return false;
    }
    struct cursor c = cur_of((struct bytes){ head, sizeof head }, 0);
    if (!cur_u64le(&c, &s->header_bytes)) {
        return false;
    }
    left = s->o->src->size - LENGTH_BYTES;
    s->data_at = LENGTH_BYTES + s->header_bytes;
    if (s->header_bytes > left
        || s->header_bytes > s->o->budget->max[LIMIT_safetensors_header_bytes]) {
        return too_long(s, left);
    }
    struct fact f = { .kind = FACT_REGION, .at = { 0, s->data_at } };
    f.region.role = BYTES("header");
    return emit(s->o->sink, &f) && note_size(s);
}

static bool read_all(struct st *s, struct stream *in)
{
    if (!emit_format(s->o->sink, "safetensors") || !read_length(s)) {
        return false;
    }
    stream_init(in, s->o->src, (struct range){ LENGTH_BYTES, s->header_bytes });
    if (!json_init(&s->json, in, s->o->budget, (size_t)s->o->budget->max[LIMIT_string_bytes])) {
        return false;
    }
    bool ok = st_read_header(s) && st_check_layout(s);
    json_done(&s->json);
    return ok;
}

static enum parse_end parse(struct object *o)
{
    struct st s = { .o = o };
    /* read_all knows where */
    struct stream *in = stream_open(o->budget, o->src, (struct range){ 0, 0 });
    if (in == NULL) {
        return PARSE_STOPPED;
    }
    bool ok = read_all(&s, in);
    budget_free(o->budget, s.entries, s.entries_cap * sizeof *s.entries);
    name_set_done(&s.names, o->budget);
    name_set_done(&s.metadata, o->budget);
    stream_close(o->budget, in);
    return ok ? PARSE_WHOLE : s.rejected ? PARSE_MALFORMED : PARSE_STOPPED;
}

const struct parser safetensors_parser = {
    "safetensors", bid, parse, "safetensors",
    "the header follows the reference's rules, and the tensors fill the file"
};
