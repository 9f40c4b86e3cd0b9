/* parser.c - tar: ustar, GNU and pax; torch's first format is one of them.
 *
 *   [header 512][data, padded to 512]   a member, any number of them
 *   ['x' header][records]               pax: name and size of the next member
 *   ['L' header][name]                  GNU: name of the next member
 *   [zeros 512][zeros 512]              the end; tapes go on with zeros
 *
 * Python stops at the first block of zeros or at a bad header, GNU tar reads on:
 * members behind either are scanned too, and are an anomaly of their own. */
#include "header.h"

#include "../base/parser.h"
#include "../base/stream.h"
#include "../codec/path_check.h"

#include <string.h>

extern const struct parser tar_parser;

#define MAX_LONG 65536u /* bytes of a long name or a pax header that are read */

struct tar {
    struct object *o;
    struct stream *in;
    uint8_t *name;
    size_t num_name, name_cap; /* of the next member, from L or x; num 0: none */
    struct num size; /* of the next member, from x */
    uint64_t num_members, num_sparse;
    unsigned torch; /* bit a name of torch's four members */
    bool ended, unsupported, malformed;
};

static int bid(const struct glimpse *g)
{
    struct tar_header h;
    return g->head.n >= TAR_BLOCK && tar_read(bytes_sub(g->head, 0, TAR_BLOCK), &h) == TAR_HEADER
               ? 75
               : 0;
}

static bool note(struct tar *t, uint64_t at, const char *slug, const char *detail)
{
    return emit_anomaly(t->o->sink, (struct range){ at, TAR_BLOCK }, slug, detail);
}

/* --- names and sizes that come in a member of their own -------------------------- */

static bool set_name(struct tar *t, struct bytes b)
{
    while (b.n > 0 && b.p[b.n - 1] == 0) {
        b.n--;
    }
    if (!budget_grow(t->o->budget, &t->name, &t->name_cap, b.n + 1, 1)) {
        return false;
    }
    if (b.n > 0) {
        memcpy(t->name, b.p, b.n);
    }
    t->num_name = b.n;
    return true;
}

static bool decimal(struct bytes b, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] < '0' || b.p[i] > '9' || !mul_u64(*out, 10, out)
            || !add_u64(*out, (uint64_t)(b.p[i] - '0'), out)) {
            return false;
        }
    }
    return b.n > 0;
}

static bool pax_record(struct tar *t, uint64_t at, struct bytes key, struct bytes value)
{
    uint64_t size;
    if (bytes_eq(key, BYTES("path"))) {
        return set_name(t, value);
    }
    if (bytes_eq(key, BYTES("size"))) {
        if (!decimal(value, &size)) {
            t->malformed = true;
            return note(t, at, "tar-bad-pax", "a size that is no number");
        }
        t->size = num_of(size);
    }
    if (bytes_start(key, BYTES("GNU.sparse."))) {
        t->num_sparse++;
    }
    return true;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it (POSIX.1-2001, pax). */
static bool read_pax(struct tar *t, uint64_t at, struct bytes b)
{
    struct cursor c = cur_of(b, at);
    while (cur_left(&c) > 0) {
        struct bytes digits, rest, key;
        uint64_t n;
        size_t left = cur_left(&c);
        if (!cur_until(&c, ' ', 20, &digits) || !decimal(digits, &n) || n <= digits.n + 1
            || n > left || !cur_take(&c, n - digits.n - 1, &rest) || rest.p[rest.n - 1] != '\n') {
            t->malformed = true;
            return note(t, at, "tar-bad-pax", "a record whose length or form is wrong");
        }
        struct cursor record = cur_of(bytes_sub(rest, 0, rest.n - 1), at);
        if (cur_until(&record, '=', rest.n, &key)
            && !pax_record(t, at, key, bytes_sub(rest, key.n + 1, rest.n - key.n - 2))) {
            return false;
        }
    }
    return true;
}

static bool read_long(struct tar *t, const struct tar_header *h, uint64_t at)
{
    struct bytes b;
    enum tar_type type = h->type;
    if (type == TAR_LONG_LINK) {
        return true;
    }
    if (h->size > MAX_LONG || !stream_peek(t->in, (size_t)h->size, &b)) {
        t->unsupported = true;
        return note(t, at, "tar-long-header", "a name or pax header that is too long, or cut off");
    }
    return type == TAR_LONG_NAME ? set_name(t, b) : read_pax(t, at, b);
}

/* --- members ------------------------------------------------------------------------ */

static bool join(struct tar *t, const struct tar_header *h)
{
    struct bytes parts[3] = { h->prefix, h->prefix.n > 0 ? BYTES("/") : BYTES(""), h->name };
    uint8_t whole[300];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n > 0) {
            memcpy(whole + n, parts[i].p, parts[i].n);
        }
        n += parts[i].n;
    }
    return set_name(t, (struct bytes){ whole, n });
}

/* What torch.load takes a member for; what it finds there it reads, whatever else is in the
 * archive. */
static enum inner_as recognise(struct tar *t, struct bytes name)
{
    static const struct {
        const char *name;
        enum inner_as as;
    } torch[] = { { "sys_info", AS_FOUND },
                  { "pickle", AS_FOUND },
                  { "storages", AS_TORCH_STORAGES },
                  { "tensors", AS_TORCH_TENSORS } };
    struct bytes plain = bytes_start(name, BYTES("./")) ? bytes_sub(name, 2, name.n) : name;
    while (plain.n > 0 && plain.p[plain.n - 1] == '/') { /* tarfile takes them off a pax path */
        plain.n--;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (bytes_eq(plain, bytes_of(torch[i].name))) {
            t->torch |= 1u << i;
            return torch[i].as;
        }
    }
    return AS_FOUND;
}

static bool emit_member(struct tar *t, const struct tar_header *h, uint64_t at, uint64_t size)
{
    struct bytes name = { t->name, t->num_name };
    struct inner in = { .at = { t->in->pos, size }, .label = name, .code = true };
    in.as = recognise(t, name);
    t->num_members++;
    /* a link: the loader reads what it leads to as this */
    if (in.as != AS_FOUND && !tar_has_data(h)) {
        t->unsupported = true;
    }
    if (t->ended
        && !note(t, at, "tar-member-after-end",
                 "a member behind the end that some readers stop at")) {
        return false;
    }
    if (name.n > 0 && path_leaves(name) != NULL
        && !note(t, at, "tar-traversal", "a member's name leads out of the folder")) {
        return false;
    }
    if (h->type == TAR_LINK && path_leaves(h->link) != NULL
        && !note(t, at, "tar-link-escape", "a link leads out of the folder")) {
        return false;
    }
    if (h->type == TAR_SPECIAL && !note(t, at, "tar-device", "a device or a pipe")) {
        return false;
    }
    if (h->type == TAR_SPARSE || t->num_sparse > 0) {
        t->unsupported = true;
        return note(t, at, "tar-sparse", "a sparse member, which is not put together");
    }
    return !tar_has_data(h) || emit_inner(t->o->sink, &in);
}

static bool read_member(struct tar *t, const struct tar_header *h, uint64_t at, uint64_t *size)
{
    *size = tar_has_data(h) ? t->size.set ? t->size.v : h->size : 0;
    bool differs = t->size.set && h->size != 0 && h->size != t->size.v;
    if (differs
        && !note(t, at, "tar-size-differs", "header and pax record declare different sizes")) {
        return false;
    }
    bool ok = *size <= stream_left(t->in)
              && ((t->num_name > 0 || join(t, h)) && emit_member(t, h, at, *size));
    t->num_name = 0;
    t->num_sparse = 0;
    t->size = (struct num){ 0 };
    return ok;
}

/* Past the data and its padding; the last padding may be missing. */
static bool skip_data(struct tar *t, uint64_t size)
{
    uint64_t padded = size % TAR_BLOCK == 0 ? 0 : TAR_BLOCK - size % TAR_BLOCK;
    uint64_t rest = stream_left(t->in) - size;
    return stream_skip(t->in, size) && stream_skip(t->in, padded < rest ? padded : rest);
}

static bool cut_short(struct tar *t, uint64_t at, uint64_t declared)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { at, TAR_BLOCK } };
    f.anomaly.slug = BYTES("length-past-end");
    f.anomaly.detail = BYTES("a member declares more bytes than the archive has");
    f.anomaly.declared = num_of(declared);
    f.anomaly.actual = num_of(stream_left(t->in));
    t->malformed = true;
    return emit(t->o->sink, &f) && stream_skip(t->in, stream_left(t->in));
}

static bool read_header(struct tar *t, const struct tar_header *h, uint64_t at)
{
    uint64_t size = h->size;
    bool meta = h->type == TAR_PAX || h->type == TAR_PAX_GLOBAL || h->type == TAR_LONG_NAME
                || h->type == TAR_LONG_LINK;
    uint64_t wanted = meta || !t->size.set ? h->size : t->size.v;
    if (tar_has_data(h) && wanted > stream_left(t->in)) {
        return cut_short(t, at, wanted);
    }
    return (meta ? read_long(t, h, at) : read_member(t, h, at, &size)) && skip_data(t, size);
}

static bool read_block(struct tar *t)
{
    uint8_t copy[TAR_BLOCK];
    struct tar_header h;
    struct bytes block;
    uint64_t at = t->in->pos;
    if (!stream_take(t->in, TAR_BLOCK, &block)) {
        return false;
    }
    memcpy(copy, block.p, TAR_BLOCK); /* the stream's slice dies at the next read */
    switch (tar_read((struct bytes){ copy, TAR_BLOCK }, &h)) {
    case TAR_ZERO: t->ended = true; return true;
    case TAR_HEADER: return budget_spend(t->o->budget, LIMIT_entries, 1) && read_header(t, &h, at);
    case TAR_NEITHER: break;
    }
    bool said = t->ended && t->malformed; /* once is enough */
    t->ended = t->malformed = true;
    return said || note(t, at, "tar-bad-header", "a block that is neither a header nor zeros");
}

static bool read_all(struct tar *t)
{
    while (stream_left(t->in) >= TAR_BLOCK) {
        if (!read_block(t)) {
            return false;
        }
    }
    if (stream_left(t->in) > 0 || !t->ended) {
        t->malformed = true;
        return note(t, t->in->pos, "tar-truncated", "the archive ends without its end")
               && emit_format(t->o->sink, "tar");
    }
    return emit_format(t->o->sink, (t->torch & 7u) == 7u ? "pytorch-tar" : "tar");
}

static enum parse_end parse(struct object *o)
{
    struct tar t = { .o = o,
                     .in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size }) };
    if (t.in == NULL) {
        return PARSE_STOPPED;
    }
    bool ok = read_all(&t);
    budget_free(o->budget, t.name, t.name_cap);
    stream_close(o->budget, t.in);
    if (!ok || source_failed(o->src)) {
        return PARSE_STOPPED;
    }
    return t.unsupported ? PARSE_UNSUPPORTED : t.malformed ? PARSE_MALFORMED : PARSE_WHOLE;
}

const struct parser tar_parser = {
    "tar", bid, parse, "tar archives: ustar, GNU, pax; torch's first format",
    "every block is a header, data or the end, and every member was read"
};
