/* parser.c - tar: ustar, GNU and pax, and torch's first format, which is a tar archive.
 *
 *   [header 512][data, padded to 512]   a member, any number of them
 *   ['x' header][records]               pax: name and size of the next member
 *   ['g' header][records]               pax: the same of all members that follow
 *   ['L' header][name]                  GNU: name of the next member
 *   [zeros 512][zeros 512]              the end, padded with zeros on tapes
 *
 * Of several headers for one member Python's tarfile takes the first that has a field: each patches
 * what those behind it made.  'x' repeats what the global headers before it said; without 'x' the
 * global ones replace the member's own name and size.
 *
 * Python stops at the first block of zeros or at a bad header, and GNU tar reads on: members behind
 * either are scanned, too, with an anomaly. */
#include "header.h"

#include "../base/parser.h"
#include "../base/stream.h"
#include "../codec/path_check.h"

#include <string.h>

extern const struct parser tar_parser;

enum {
    BID_CHECKSUM = 85, /* the checksum fits, which happens in other formats by chance only */
    MAX_LONG = 65536, /* bytes of a long name or a pax header that are read */
    MAX_JOINED = 300 /* bytes; prefix (155), a slash and name (100) are fewer */
};

/* A name from a header of its own; allocated. */
struct kept_name {
    uint8_t *p;
    size_t n; /* bytes of it; 0: none */
    size_t cap;
};

struct tar {
    struct object *o;
    struct stream *in;
    struct kept_name name; /* the next member's, from L or x */
    struct kept_name global_name; /* of all members, from g */
    struct num size; /* the next member's size from x */
    struct num global_size; /* of all members, from g */
    struct num record_size; /* of the current pax header */
    uint64_t num_sparse; /* GNU.sparse records for the next member */
    unsigned torch; /* one bit for each of the members in torch_members that was met */
    bool ended; /* a block of zeros or a bad header, where some readers stop */
    bool unsupported;
    bool malformed;
};

/* What torch.load reads from such an archive; other members are not read. */
static const struct torch_member {
    const char *name;
    enum inner_as as;
} torch_members[] = { { "sys_info", AS_FOUND },
                      { "pickle", AS_FOUND },
                      { "storages", AS_TORCH_STORAGES },
                      { "tensors", AS_TORCH_TENSORS } };
enum { NUM_TORCH_MEMBERS = 4, TORCH_NEEDS = 7 /* the first three */ };

static int bid(const struct glimpse *g)
{
    struct tar_header h;
    struct bytes block = bytes_sub(g->head, 0, TAR_BLOCK);
    return block.n == TAR_BLOCK && tar_read(block, &h) == TAR_HEADER ? BID_CHECKSUM : 0;
}

static bool note(struct tar *t, uint64_t at, const char *slug, const char *detail)
{
    return emit_anomaly(t->o->sink, (struct range){ at, TAR_BLOCK }, slug, detail);
}

/* --- names and sizes in a header of their own -------------------------------------- */

/* Keeps a name up to its first NUL, as tarfile does. */
static bool keep_name(struct tar *t, struct kept_name *name, struct bytes b)
{
    size_t n = 0;
    while (n < b.n && b.p[n] != 0) {
        n++;
    }
    if (!budget_grow(t->o->budget, &name->p, &name->cap, n + 1, 1)) {
        return false;
    }
    if (n > 0) {
        memcpy(name->p, b.p, n);
    }

    name->n = n;
    return true;
}

/* The next member's name, unless an earlier header has given one. */
static bool set_name(struct tar *t, uint64_t at, struct bytes b)
{
    struct bytes known = { t->name.p, t->name.n };
    if (known.n == 0) {
        return keep_name(t, &t->name, b);
    }
    return bytes_eq(known, bytes_sub(b, 0, known.n))
           || note(t, at, "tar-name-differs", "two headers name one member differently");
}

static bool read_decimal(struct bytes b, uint64_t *out)
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

static bool set_size(struct tar *t, uint64_t at, struct bytes value)
{
    uint64_t size;
    if (!read_decimal(value, &size)) {
        t->malformed = true;
        return note(t, at, "tar-bad-pax", "a size that is not a number");
    }
    t->record_size = num_of(size);
    return true;
}

static bool apply_global_record(struct tar *t, uint64_t at, struct bytes key, struct bytes value)
{
    bool is_path = bytes_eq(key, BYTES("path"));
    bool is_size = bytes_eq(key, BYTES("size"));
    if (!is_path && !is_size) {
        return true;
    }
    if (!note(t, at, "tar-global-header", "a header that names or measures all later members")) {
        return false;
    }
    if (is_path) {
        return keep_name(t, &t->global_name, value);
    }
    return set_size(t, at, value);
}

static bool apply_pax_record(struct tar *t, uint64_t at, struct bytes key, struct bytes value)
{
    if (bytes_eq(key, BYTES("path"))) {
        return set_name(t, at, value);
    }
    if (bytes_eq(key, BYTES("size"))) {
        return set_size(t, at, value);
    }
    if (bytes_start(key, BYTES("GNU.sparse."))) {
        t->num_sparse++;
    }

    return true;
}

/* Takes "LENGTH KEY=VALUE\n", where LENGTH counts the whole record (POSIX.1-2001, pax), and sets
 * *out to KEY=VALUE. */
static bool take_pax_record(struct cursor *c, struct bytes *out)
{
    struct bytes digits, rest;
    uint64_t n;
    size_t left = cur_left(c);
    if (!cur_until(c, ' ', 20, &digits) || !read_decimal(digits, &n)) {
        return false;
    }
    if (n <= digits.n + 1 || n > left || !cur_take(c, n - digits.n - 1, &rest)) {
        return false;
    }

    *out = bytes_sub(rest, 0, rest.n - 1);
    return rest.p[rest.n - 1] == '\n';
}

/* Python goes on in the padding behind the declared end: a record there is read, and odd. */
static bool reject_record(struct tar *t, uint64_t at, bool in_padding)
{
    t->malformed = t->malformed || !in_padding;
    return in_padding || note(t, at, "tar-bad-pax", "a record whose length or form is wrong");
}

static bool read_records(struct tar *t, const struct tar_header *h, uint64_t at, struct bytes b)
{
    struct cursor c = cur_of(b, at);
    while (cur_left(&c) > 0) {
        struct bytes record, key;
        bool ok;
        bool in_padding = b.n - cur_left(&c) >= h->size;
        if (!take_pax_record(&c, &record)) {
            return reject_record(t, at, in_padding);
        }
        if (in_padding && !note(t, at, "tar-bad-pax", "a record behind the end of its header")) {
            return false;
        }

        struct cursor fields = cur_of(record, at);
        if (!cur_until(&fields, '=', record.n + 1, &key)) {
            continue;
        }
        struct bytes value = bytes_sub(record, key.n + 1, record.n);
        if (h->type == TAR_PAX_GLOBAL) {
            ok = apply_global_record(t, at, key, value);
        } else {
            ok = apply_pax_record(t, at, key, value);
        }
        if (!ok) {
            return false;
        }
    }

    return true;
}

static bool read_pax(struct tar *t, const struct tar_header *h, uint64_t at, struct bytes b)
{
    t->record_size = NUM_NONE;
    if (!read_records(t, h, at, b)) {
        return false;
    }
    if (h->type == TAR_PAX_GLOBAL) {
        t->global_size = t->record_size.set ? t->record_size : t->global_size;
        return true;
    }

    struct num size = t->record_size.set ? t->record_size : t->global_size;
    t->size = t->size.set ? t->size : size;
    struct bytes global = { t->global_name.p, t->global_name.n };
    return t->name.n > 0 || global.n == 0 || keep_name(t, &t->name, global);
}

static uint64_t padded(uint64_t size)
{
    return size % TAR_BLOCK == 0 ? size : size + (TAR_BLOCK - size % TAR_BLOCK);
}

/* The data of a pax header, or a long name, with its padding. */
static bool read_extension(struct tar *t, const struct tar_header *h, uint64_t at)
{
    struct bytes b;
    enum tar_type type = h->type;
    if (type == TAR_LONG_LINK) {
        return true;
    }
    uint64_t n = h->size > MAX_LONG ? h->size : padded(h->size);
    n = n < stream_left(t->in) ? n : stream_left(t->in);
    if (h->size > MAX_LONG || !stream_peek(t->in, (size_t)n, &b)) {
        t->unsupported = true;
        return note(t, at, "tar-long-header", "a name or pax header that is too long, or cut off");
    }
    if (type == TAR_LONG_NAME) {
        return set_name(t, at, b);
    }

    return read_pax(t, h, at, b);
}

/* --- members ------------------------------------------------------------------------ */

/* The name without headers for this member alone: the global one, or prefix and name. */
static bool own_name(struct tar *t, const struct tar_header *h)
{
    if (t->global_name.n > 0) {
        return keep_name(t, &t->name, (struct bytes){ t->global_name.p, t->global_name.n });
    }

    struct bytes slash = h->prefix.n > 0 ? BYTES("/") : BYTES("");
    struct bytes parts[3] = { h->prefix, slash, h->name };
    uint8_t whole[MAX_JOINED];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].n > 0) {
            memcpy(whole + n, parts[i].p, parts[i].n);
        }
        n += parts[i].n;
    }

    return keep_name(t, &t->name, (struct bytes){ whole, n });
}

/* How torch.load reads a member of this name, whatever else the archive holds. */
static enum inner_as torch_member_of(struct tar *t, struct bytes name)
{
    struct bytes plain = bytes_start(name, BYTES("./")) ? bytes_sub(name, 2, name.n) : name;
    while (plain.n > 0 && plain.p[plain.n - 1] == '/') { /* tarfile strips them from a pax path */
        plain.n--;
    }

    for (unsigned i = 0; i < NUM_TORCH_MEMBERS; i++) {
        if (bytes_eq(plain, bytes_of(torch_members[i].name))) {
            t->torch |= 1u << i;
            return torch_members[i].as;
        }
    }

    return AS_FOUND;
}

/* The anomalies of a member's place, name, link and type. */
static bool check_member(struct tar *t, const struct tar_header *h, uint64_t at)
{
    struct bytes name = { t->name.p, t->name.n };
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

    return h->type != TAR_SPECIAL || note(t, at, "tar-device", "a device or a pipe");
}

static bool emit_member(struct tar *t, const struct tar_header *h, uint64_t at, uint64_t size)
{
    struct bytes name = { t->name.p, t->name.n };
    struct inner in = { .at = { t->in->pos, size }, .label = name, .member = true, .code = true };
    in.as = torch_member_of(t, name);
    /* The loader follows a link and reads its target as this member. */
    if (in.as != AS_FOUND && !tar_has_data(h)) {
        t->unsupported = true;
    }
    if (!check_member(t, h, at)) {
        return false;
    }

    if (h->type == TAR_SPARSE || t->num_sparse > 0) {
        t->unsupported = true;
        return note(t, at, "tar-sparse", "a sparse member, which is not put together");
    }

    return !tar_has_data(h) || emit_inner(t->o->sink, &in);
}

static void forget_extensions(struct tar *t)
{
    t->name.n = 0;
    t->num_sparse = 0;
    t->size = (struct num){ 0 };
}

/* A member of `size` bytes of data. */
static bool read_member(struct tar *t, const struct tar_header *h, uint64_t at, uint64_t size)
{
    bool differs = tar_has_data(h) && size != h->size && h->size != 0;
    if (differs
        && !note(t, at, "tar-size-differs", "header and pax record declare different sizes")) {
        return false;
    }

    bool ok = size <= stream_left(t->in) && (t->name.n > 0 || own_name(t, h))
              && emit_member(t, h, at, size);
    forget_extensions(t);
    return ok;
}

/* Moves behind the data and its padding; the padding of the last member may be missing. */
static bool skip_data(struct tar *t, uint64_t size)
{
    uint64_t padded = size % TAR_BLOCK == 0 ? 0 : TAR_BLOCK - size % TAR_BLOCK;
    uint64_t rest = stream_left(t->in) - size;
    return stream_skip(t->in, size) && stream_skip(t->in, padded < rest ? padded : rest);
}

/* A member that reaches past the end of the archive. */
static bool reject_size(struct tar *t, uint64_t at, uint64_t declared)
{
    struct range header = { at, TAR_BLOCK };
    t->malformed = true;
    return emit_anomaly_nums(t->o->sink, header, "length-past-end",
                             "a member declares more bytes than the archive has", num_of(declared),
                             num_of(stream_left(t->in)))
           && stream_skip(t->in, stream_left(t->in));
}

/* The data of such a header describes the member that follows. */
static bool is_extension(enum tar_type type)
{
    return type == TAR_PAX || type == TAR_PAX_GLOBAL || type == TAR_LONG_NAME
           || type == TAR_LONG_LINK;
}

static bool read_header(struct tar *t, const struct tar_header *h, uint64_t at)
{
    bool extends = is_extension(h->type);
    uint64_t size = extends || !t->size.set ? h->size : t->size.v;
    uint64_t member = extends || t->size.set || !t->global_size.set ? size : t->global_size.v;
    if (!tar_has_data(h)) {
        size = member = 0;
    }
    if (size > stream_left(t->in) || member > stream_left(t->in)) {
        return reject_size(t, at, size > member ? size : member);
    }

    if (extends && !read_extension(t, h, at)) {
        return false;
    }
    if (!extends && !read_member(t, h, at, member)) {
        return false;
    }

    return skip_data(t, size);
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

    memcpy(copy, block.p, TAR_BLOCK); /* the stream's slice is only valid until the next read */
    switch (tar_read((struct bytes){ copy, TAR_BLOCK }, &h)) {
    case TAR_ZERO: t->ended = true; return true;
    case TAR_HEADER: return budget_spend(t->o->budget, LIMIT_entries, 1) && read_header(t, &h, at);
    case TAR_NEITHER: break;
    }

    bool is_repeated = t->ended && t->malformed; /* the anomaly of the first block suffices */
    t->ended = true;
    t->malformed = true;
    return is_repeated
           || note(t, at, "tar-bad-header", "a block that is neither a header nor zeros");
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

    bool is_torch = (t->torch & TORCH_NEEDS) == TORCH_NEEDS;
    return emit_format(t->o->sink, is_torch ? "pytorch-tar" : "tar");
}

static enum parse_end parse(struct object *o)
{
    struct tar t = { .o = o,
                     .in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size }) };
    if (t.in == NULL) {
        return PARSE_STOPPED;
    }

    bool ok = read_all(&t);
    budget_free(o->budget, t.name.p, t.name.cap);
    budget_free(o->budget, t.global_name.p, t.global_name.cap);
    stream_close(o->budget, t.in);
    if (!ok || source_failed(o->src)) {
        return PARSE_STOPPED;
    }
    if (t.unsupported) {
        return PARSE_UNSUPPORTED;
    }

    return t.malformed ? PARSE_MALFORMED : PARSE_WHOLE;
}

const struct parser tar_parser = {
    "tar", bid, parse, "tar archives: ustar, GNU, pax; torch's first format",
    "every block is a header, data or the end, and every member was read"
};
