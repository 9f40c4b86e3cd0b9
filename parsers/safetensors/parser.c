/* parser.c - safetensors.
 *
 *   u64 n, little-endian; n <= 100,000,000
 *   n bytes of JSON:  {"__metadata__": {KEY: VALUE, ...},
 *                      NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
 *   the data: tensors back to back, without bytes between or behind them
 *
 * The parser accepts what safetensors/src/tensor.rs (0.8) accepts, and reports as anomalies what
 * the reference accepts though no writer produces it. */
#include "safetensors.h"

extern const struct parser safetensors_parser;

#define LENGTH_BYTES 8u /* of the number before the header */

enum {
    BID_HEADER = 90, /* length and text fit */
    BID_TEXT = 55, /* the text is that of a header, and the length does not fit */
    MIN_HEADER = 2, /* bytes: {} */
    MAX_HEADER = 100000000, /* bytes; MAX_HEADER_SIZE of the reference */
    LARGE_HEADER = 1048576, /* bytes; more than half of a file is then odd */
    HUGE_HEADER = 10485760 /* bytes; odd for a file of any size */
};

static bool is_blank(uint8_t c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static size_t skip_blanks(struct bytes text, size_t i)
{
    while (i < text.n && is_blank(text.p[i])) {
        i++;
    }
    return i;
}

/* A brace, and behind it a quote, a closing brace or the end of the text; blanks may be between. */
static bool looks_like_header(struct bytes text)
{
    size_t i = skip_blanks(text, 0);
    if (i == text.n || text.p[i] != '{') {
        return false;
    }
    i = skip_blanks(text, i + 1);
    return i == text.n || text.p[i] == '"' || text.p[i] == '}';
}

/* A length is weak evidence: the text decides whether the file is claimed. */
static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    uint64_t n;
    if (!cur_u64le(&c, &n) || !looks_like_header(bytes_sub(g->head, LENGTH_BYTES, g->head.n))) {
        return 0;
    }
    bool plausible = n <= MAX_HEADER && n >= MIN_HEADER && n <= g->size - LENGTH_BYTES;
    return plausible ? BID_HEADER : BID_TEXT;
}

static bool reject_length(struct st *s, uint64_t left)
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

/* A header that is much larger than its tensors may carry other data. */
static bool check_header_size(struct st *s)
{
    uint64_t n = s->header_bytes;
    uint64_t size = s->o->src->size;
    bool is_most_of_file = n > LARGE_HEADER && n > size / 2;
    if (n <= HUGE_HEADER && !is_most_of_file) {
        return true;
    }
    return st_note(s, (struct range){ LENGTH_BYTES, n }, "safetensors-header-large",
                   "a header of more than 10 MiB, or of more than half of the file", "accepts");
}

static bool read_length(struct st *s)
{
    uint8_t head[LENGTH_BYTES];
    if (!source_read(s->o->src, 0, head, sizeof head)) {
        return false;
    }

    struct cursor c = cur_of((struct bytes){ head, sizeof head }, 0);
    if (!cur_u64le(&c, &s->header_bytes)) {
        return false;
    }

    uint64_t left = s->o->src->size - LENGTH_BYTES;
    s->data_at = LENGTH_BYTES + s->header_bytes;
    if (s->header_bytes > left
        || s->header_bytes > s->o->budget->max[LIMIT_safetensors_header_bytes]) {
        return reject_length(s, left);
    }

    struct fact f = { .kind = FACT_REGION, .at = { 0, s->data_at } };
    f.region.role = BYTES("header");
    return emit(s->o->sink, &f) && check_header_size(s);
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
    /* empty until read_all() knows the header's range */
    struct stream *in = stream_open(o->budget, o->src, (struct range){ 0, 0 });
    if (in == NULL) {
        return PARSE_STOPPED;
    }

    bool ok = read_all(&s, in);
    budget_free(o->budget, s.entries, s.entries_cap * sizeof *s.entries);
    name_set_done(&s.names, o->budget);
    name_set_done(&s.metadata, o->budget);
    stream_close(o->budget, in);
    if (ok) {
        return PARSE_WHOLE;
    }

    return s.rejected ? PARSE_MALFORMED : PARSE_STOPPED;
}

const struct parser safetensors_parser = {
    "safetensors", bid, parse, "safetensors",
    "the header follows the reference's rules, and the tensors fill the file"
};
