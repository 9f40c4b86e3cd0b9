/* parser.c - zip archives: pytorch-zip, torchscript, npz and plain ones.
 *
 *   [local header, name, extra][data][descriptor]   a member, any number of them
 *   [central header, name, extra, comment]          the directory, one a member
 *   [zip64 end record][zip64 locator]               where numbers are large; torch: always
 *   [end record][comment]                           where the directory is
 *
 * Loaders start at the end, streaming readers at the front, and each believes
 * another part of what is written twice.  Every member is scanned under every
 * reading; that readings differ is an anomaly of its own. */
#include "directories.h"
#include <stdlib.h>
#include <string.h>

extern const struct parser zip_parser;

enum { BID_HEAD = 90, BID_TAIL = 70 };

static int bid(const struct glimpse *g)
{
    if (zip_sig_of(g->head) == ZIP_SIG_LOCAL) {
        return BID_HEAD;
    }
    for (size_t i = 0; i + ZIP_END_BYTES <= g->tail.n; i++) {
        if (g->tail.p[i] != 'P') {
            continue; /* asked of every member of every archive: 66 KiB each */
        }
        struct cursor c = cur_of(bytes_sub(g->tail, i, ZIP_END_BYTES), 0);
        struct zip_end e;
        if (zip_read_end(&c, &e) && e.comment_bytes <= g->tail.n - i - ZIP_END_BYTES) {
            return BID_TAIL;
        }
    }
    return 0;
}

struct method {
    uint16_t id;
    enum codec codec;
};
static const struct method methods[] = { /* APPNOTE 4.4.5 */
                                         { 0, CODEC_STORED }, { 8, CODEC_DEFLATE },
                                         { 12, CODEC_BZIP2 }, { 14, CODEC_LZMA_ZIP },
                                         { 93, CODEC_ZSTD },  { 95, CODEC_XZ }
};

static const struct method *method_of(uint16_t id)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (methods[i].id == id) {
            return &methods[i];
        }
    }
    return NULL;
}

static bool carries_code(struct bytes name)
{
    static const char *const ends[] = { ".pkl", ".pickle", ".py",  ".pyc", ".debug_pkl", ".joblib",
                                        ".npy", ".pt",     ".pth", ".so",  ".sh" };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (bytes_end(name, bytes_of(ends[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_dir(const struct zip *z, const struct zip_entry *e)
{
    return bytes_end(zip_name(z, e), BYTES("/")) && e->is.size == 0 && e->is.packed == 0;
}

/* Name of central entry i; empty for those of an archive in the archive. */
static struct bytes own_name(const struct zip *z, size_t i)
{
    const struct zip_entry *e = &z->central[i];
    return z->dirs[e->dir].nested ? (struct bytes){ 0 } : zip_name(z, e);
}

/* Is there a member `root` + `rest`, or one that only starts so? */
static bool has_name(const struct zip *z, struct bytes root, struct bytes rest, bool starts)
{
    for (size_t i = 0; i < z->num_central; i++) {
        struct bytes name = own_name(z, i), tail = bytes_sub(name, root.n, name.n);
        if (bytes_start(name, root) && (starts ? bytes_start(tail, rest) : bytes_eq(tail, rest))) {
            return true;
        }
    }
    return false;
}

static bool is_script(const struct zip *z, struct bytes root)
{
    return has_name(z, root, BYTES("constants.pkl"), false)
           || has_name(z, root, BYTES("code/"), true);
}

/* PyTorch reads ROOT/data/NUMBER as the bytes of a storage, whatever they are. */
static bool is_storage(const struct zip *z, struct bytes name)
{
    size_t digits = 0;
    while (digits < name.n && name.p[name.n - 1 - digits] >= '0'
           && name.p[name.n - 1 - digits] <= '9') {
        digits++;
    }
    struct bytes folder = bytes_sub(name, 0, name.n - digits), data = BYTES("/data/");
    return z->torch && digits > 0 && bytes_end(folder, data);
}

/* ROOT/code/....py is compiled by torch.jit.load, whose zip reader takes a name in any case. */
static bool is_script_code(struct bytes name)
{
    char low[8] = "";
    bool code = false;
    for (size_t i = 0; i < name.n; i++) {
        memmove(low, low + 1, sizeof low - 1); /* the last eight characters, in lower case */
        low[sizeof low - 1] =
            (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
        code |= memcmp(low + 2, "/code/", 6) == 0;
    }
    return code && memcmp(low + 5, ".py", 3) == 0;
}

/* The pickles of a TorchScript archive. torch.load goes by constants.pkl, and leaves such an
 * archive to torch.jit.load, whose reader imports no Python. */
static bool is_script_pickle(const struct zip *z, struct bytes name)
{
    struct bytes file = bytes_sub(name, z->script_root.n, name.n);
    return z->script_root.n > 0 && bytes_start(name, z->script_root)
           && (bytes_eq(file, BYTES("data.pkl")) || bytes_eq(file, BYTES("constants.pkl"))
               || bytes_eq(file, BYTES("attributes.pkl")));
}

static enum inner_as loader_of(const struct zip *z, struct bytes name)
{
    if (is_script_code(name)) {
        return AS_SCRIPT;
    }
    if (is_script_pickle(z, name)) {
        return AS_SCRIPT_PICKLE;
    }
    return bytes_eq(name, BYTES("config.json")) ? AS_CONFIG : AS_FOUND; /* Keras */
}

static const char *format_of(struct zip *z)
{
    /* each costs a pass over the names */
    enum { MAX_ROOTS = 8 };
    size_t num_npy = 0, num_names = 0, num_roots = 0;
    for (size_t i = 0; i < z->num_central; i++) {
        struct bytes name = own_name(z, i), end = BYTES("/data.pkl");
        num_names += name.n > 0;
        num_npy += bytes_end(name, BYTES(".npy"));
        if (!bytes_end(name, end) || num_roots++ >= MAX_ROOTS) {
            continue;
        }
        struct bytes root = bytes_sub(name, 0, name.n - end.n + 1);
        if (has_name(z, root, BYTES("version"), false)) {
            z->torch = true;
            if (has_name(z, root, BYTES("constants.pkl"), false)) {
                z->script_root = root;
            }
            return is_script(z, root) ? "torchscript" : "pytorch-zip";
        }
    }
    return num_npy > 0 && num_npy == num_names ? "npz" : "zip";
}

static bool emit_member(struct zip *z, const struct zip_entry *e)
{
    const struct method *m = method_of(e->is.method);
    struct zip_note n = { .at = { e->data_at, e->is.packed }, .declared = num_of(e->is.method) };
    struct inner in = { .at = n.at,
                        .label = zip_name(z, e),
                        .declared_bytes = num_of(e->is.size),
                        .declared_crc32 = num_of(e->is.crc32) };
    uint64_t left = z->o->src->size - e->data_at;
    if ((e->is.flags & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG | ZIP_FLAG_PATCH)) != 0) {
        n.slug = (e->is.flags & ZIP_FLAG_PATCH) != 0 ? "zip-unsupported-method" : "zip-encrypted";
        z->unsupported = true;
        return zip_note_name(z, n, in.label, "cannot be read without more than this file");
    }
    if (m == NULL) {
        n.slug = "zip-unsupported-method";
        z->unsupported = true;
        return zip_note_name(z, n, in.label, "packed by a method that is not known here");
    }
    in.codec = m->codec;
    in.code = carries_code(in.label);
    in.as = loader_of(z, in.label);
    in.opaque_data = is_storage(z, in.label);
    in.at.len = in.at.len > left ? left : in.at.len;
    return emit_inner(z->o->sink, &in);
}

static bool wanted(const struct zip *z, const struct zip_entry *e, bool central)
{
    const struct zip_dir *d = central ? &z->dirs[e->dir] : NULL;
    return e->data_at != ZIP_NOWHERE && e->data_at <= z->o->src->size && !is_dir(z, e) && !e->nested
           && !e->repeated && !(d != NULL && d->nested && d->stored);
}

static const struct zip_entry *entry_of(const struct zip *z, const struct zip_key *k)
{
    return k->index < z->num_central ? &z->central[k->index] : &z->local[k->index - z->num_central];
}

static bool same_reading(const struct zip *z, const struct zip_key *a, const struct zip_key *b)
{
    const struct zip_fixed *x = &entry_of(z, a)->is, *y = &entry_of(z, b)->is;
    enum { CANNOT = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG | ZIP_FLAG_PATCH };
    return a->major == b->major && a->minor == b->minor && bytes_eq(a->name, b->name)
           && x->method == y->method && ((x->flags ^ y->flags) & CANNOT) == 0;
}

/* Readings that agree are neighbours, unless methods alternate: then twice. */
static bool emit_sorted(struct zip *z, const struct zip_key *key, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((i == 0 || !same_reading(z, &key[i - 1], &key[i]))
            && !emit_member(z, entry_of(z, &key[i]))) {
            return false;
        }
    }
    return true;
}

/* Keys of what is to be emitted, or with NULL only their number. */
static size_t collect(const struct zip *z, struct zip_key *key)
{
    size_t n = 0, all = z->num_central + z->num_local;
    for (size_t i = 0; i < all; i++) {
        struct zip_key k = { .index = i };
        const struct zip_entry *e = entry_of(z, &k);
        if (!wanted(z, e, i < z->num_central)) {
            continue;
        }
        if (key != NULL) {
            key[n] = (struct zip_key){ zip_name(z, e), e->data_at, e->is.packed, i };
        }
        n++;
    }
    return n;
}

/* In file order, each reading of each member once. */
static bool emit_members(struct zip *z)
{
    size_t n = collect(z, NULL), bytes = n * sizeof(struct zip_key);
    struct zip_key *key = n == 0 ? NULL : budget_resize(z->o->budget, NULL, 0, bytes);
    bool ok;
    if (key == NULL) {
        return n == 0;
    }
    (void)collect(z, key);
    qsort(key, n, sizeof *key, zip_key_cmp);
    ok = emit_sorted(z, key, n);
    budget_free(z->o->budget, key, bytes);
    return ok;
}

static bool read_all(struct zip *z)
{
    if (!zip_find_ends(z) || !zip_walk(z)) {
        return false;
    }
    zip_mark_nested(z);
    if (!emit_format(z->o->sink, format_of(z)) || !zip_compare(z) || !zip_account(z)
        || !zip_crosscheck(z) || !emit_members(z)) {
        return false;
    }
    if (z->num_dirs == 0) {
        struct zip_note n = { .slug = "zip-truncated",
                              .loader = "rejects",
                              .at = { z->o->src->size, 0 } };
        z->malformed = true;
        return zip_note(z, n, "no end record");
    }
    return true;
}

static enum parse_end parse(struct object *o)
{
    struct zip z;
    bool ok = zip_init(&z, o) && read_all(&z);
    zip_done(&z);
    if (!ok || source_failed(o->src)) {
        return PARSE_STOPPED;
    }
    return z.unsupported ? PARSE_UNSUPPORTED : z.malformed ? PARSE_MALFORMED : PARSE_WHOLE;
}

const struct parser zip_parser = {
    "zip", bid, parse, "zip archives: PyTorch checkpoints, TorchScript, .npz, plain ones",
    "every byte belongs to a record, every member was unpacked and read, and all readings of the "
    "archive agree"
};
