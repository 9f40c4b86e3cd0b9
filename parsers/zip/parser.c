/* parser.c - zip archives: pytorch-zip, torchscript, npz and plain ones.
 *
 *   [local header, name, extra][data][descriptor]   a member, any number of them
 *   [central header, name, extra, comment]          the directory, one a member
 *   [zip64 end record][zip64 locator]               for large numbers; torch: always
 *   [end record][comment]                           gives the place of the directory
 *
 * Loaders start at the end, streaming readers at the front, and each uses other parts of what is
 * stored twice.  Every member is scanned under every interpretation, and differences between
 * interpretations are anomalies. */
#include "directories.h"

#include <stdlib.h>
#include <string.h>

extern const struct parser zip_parser;

enum {
    BID_HEAD = 90, /* a local header at byte 0 */
    BID_TAIL = 70, /* an end record near the end */
    MAX_ROOTS =
        8, /* folders with a data.pkl that are considered; each costs a pass over the names */

    /* flags of members that are not unpacked */
    UNREADABLE_FLAGS = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG | ZIP_FLAG_PATCH
};

static int bid(const struct glimpse *g)
{
    if (zip_sig_of(g->head) == ZIP_SIG_LOCAL) {
        return BID_HEAD;
    }

    for (size_t i = 0; i + ZIP_END_BYTES <= g->tail.n; i++) {
        if (g->tail.p[i] != 'P') {
            continue; /* a fast path: 66 KiB of each member of each archive are compared */
        }
        struct cursor c = cur_of(bytes_sub(g->tail, i, ZIP_END_BYTES), 0);
        struct zip_end e;
        if (zip_read_end(&c, &e) && e.comment_bytes <= g->tail.n - i - ZIP_END_BYTES) {
            return BID_TAIL;
        }
    }

    return 0;
}

/* A compression method (APPNOTE 4.4.5). */
struct method {
    uint16_t id;
    enum codec codec;
};

static const struct method methods[] = { { 0, CODEC_STORED }, { 8, CODEC_DEFLATE },
                                         { 12, CODEC_BZIP2 }, { 14, CODEC_LZMA_ZIP },
                                         { 93, CODEC_ZSTD },  { 95, CODEC_XZ } };

static const struct method *method_of(uint16_t id)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (methods[i].id == id) {
            return &methods[i];
        }
    }
    return NULL;
}

bool zip_codec_of(uint16_t method, enum codec *out)
{
    const struct method *m = method_of(method);
    *out = m != NULL ? m->codec : CODEC_STORED;
    return m != NULL;
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
    return bytes_end(zip_name(z, e), BYTES("/")) && e->fixed.size == 0 && e->fixed.packed == 0;
}

/* The name of central entry i; empty for an archive within the archive. */
static struct bytes own_name(const struct zip *z, size_t i)
{
    const struct zip_entry *e = &z->central[i];
    if (z->dirs[e->dir].nested) {
        return (struct bytes){ 0 };
    }
    return zip_name(z, e);
}

/* A member is named root + rest. */
static bool has_member(const struct zip *z, struct bytes root, struct bytes rest)
{
    for (size_t i = 0; i < z->num_central; i++) {
        struct bytes name = own_name(z, i);
        if (bytes_start(name, root) && bytes_eq(bytes_sub(name, root.n, name.n), rest)) {
            return true;
        }
    }
    return false;
}

/* A name begins with root + folder. */
static bool has_folder(const struct zip *z, struct bytes root, struct bytes folder)
{
    for (size_t i = 0; i < z->num_central; i++) {
        struct bytes name = own_name(z, i);
        if (bytes_start(name, root) && bytes_start(bytes_sub(name, root.n, name.n), folder)) {
            return true;
        }
    }
    return false;
}

static bool is_script(const struct zip *z, struct bytes root)
{
    return has_member(z, root, BYTES("constants.pkl")) || has_folder(z, root, BYTES("code/"));
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

/* PyTorch reads ROOT/data/NUMBER as the bytes of a storage, whatever they are. */
static bool is_storage(const struct zip *z, struct bytes name)
{
    size_t digits = 0;
    while (digits < name.n && is_digit(name.p[name.n - 1 - digits])) {
        digits++;
    }
    struct bytes folder = bytes_sub(name, 0, name.n - digits);
    return z->torch && digits > 0 && bytes_end(folder, BYTES("/data/"));
}

static char to_lower(uint8_t c) { return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c); }

/* torch.jit.load compiles ROOT/code/....py; its zip reader ignores the case of names. */
static bool is_script_code(struct bytes name)
{
    char last[8] = ""; /* the last characters, in lower case */
    bool code = false;
    for (size_t i = 0; i < name.n; i++) {
        memmove(last, last + 1, sizeof last - 1);
        last[sizeof last - 1] = to_lower(name.p[i]);
        code |= memcmp(last + 2, "/code/", 6) == 0;
    }
    return code && memcmp(last + 5, ".py", 3) == 0;
}

/* The pickles of a TorchScript archive.  torch.load refuses an archive with constants.pkl, and
 * torch.jit.load imports no Python. */
static bool is_script_pickle(const struct zip *z, struct bytes name)
{
    if (z->script_root.n == 0 || !bytes_start(name, z->script_root)) {
        return false;
    }
    struct bytes file = bytes_sub(name, z->script_root.n, name.n);
    return bytes_eq(file, BYTES("data.pkl")) || bytes_eq(file, BYTES("constants.pkl"))
           || bytes_eq(file, BYTES("attributes.pkl"));
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

/* PyTorch's format of an archive with root/data.pkl, or NULL. */
static const char *torch_format_of(struct zip *z, struct bytes root)
{
    if (!has_member(z, root, BYTES("version"))) {
        return NULL;
    }
    z->torch = true;
    if (has_member(z, root, BYTES("constants.pkl"))) {
        z->script_root = root;
    }
    return is_script(z, root) ? "torchscript" : "pytorch-zip";
}

static const char *format_of(struct zip *z)
{
    struct bytes pickle = BYTES("/data.pkl");
    size_t num_npy = 0;
    size_t num_names = 0;
    size_t num_roots = 0;
    for (size_t i = 0; i < z->num_central; i++) {
        struct bytes name = own_name(z, i);
        num_names += name.n > 0;
        num_npy += bytes_end(name, BYTES(".npy"));
        if (bytes_end(name, pickle) && num_roots++ < MAX_ROOTS) {
            struct bytes root = bytes_sub(name, 0, name.n - pickle.n + 1);
            const char *format = torch_format_of(z, root);
            if (format != NULL) {
                return format;
            }
        }
    }

    if (num_npy > 0 && num_npy == num_names) {
        return "npz";
    }
    static const char *const formats[] = { [ZIP_PLAIN] = "zip",
                                           [ZIP_SKOPS] = "skops",
                                           [ZIP_TORCHSERVE] = "torchserve-mar",
                                           [ZIP_TORCH_PACKAGE] = "torch-package" };
    return formats[zip_layout_of(z)];
}

/* Reports a member that is not unpacked. */
static bool note_unsupported(struct zip *z, const struct zip_entry *e, const char *slug,
                             const char *what)
{
    struct zip_note n = { .slug = slug, .declared = num_of(e->fixed.method) };
    n.at = (struct range){ e->data_at, e->fixed.packed };
    z->unsupported = true;
    return zip_note_name(z, n, zip_name(z, e), what);
}

static bool emit_member(struct zip *z, const struct zip_entry *e)
{
    const struct method *m = method_of(e->fixed.method);
    uint64_t left = z->o->src->size - e->data_at;
    struct inner in = { .at = { e->data_at, e->fixed.packed },
                        .label = zip_name(z, e),
                        .member = true,
                        .declared_bytes = num_of(e->fixed.size),
                        .declared_crc32 = num_of(e->fixed.crc32) };
    if ((e->fixed.flags & UNREADABLE_FLAGS) != 0) {
        bool is_patch = (e->fixed.flags & ZIP_FLAG_PATCH) != 0;
        return note_unsupported(z, e, is_patch ? "zip-unsupported-method" : "zip-encrypted",
                                "cannot be read without more than this file");
    }
    if (m == NULL) {
        return note_unsupported(z, e, "zip-unsupported-method",
                                "packed by a method that is not known here");
    }

    in.codec = m->codec;
    in.code = carries_code(in.label);
    in.as = loader_of(z, in.label);
    in.opaque_data = is_storage(z, in.label);
    in.at.len = in.at.len > left ? left : in.at.len;
    return emit_inner(z->o->sink, &in);
}

/* The member becomes an object: it has data, and no other entry or scan covers it. */
static bool is_wanted(const struct zip *z, const struct zip_entry *e, bool central)
{
    const struct zip_dir *d = central ? &z->dirs[e->dir] : NULL;
    bool has_data = e->data_at != ZIP_NOWHERE && e->data_at <= z->o->src->size;
    bool is_in_stored = d != NULL && d->nested && d->stored;
    if (!has_data || is_in_stored || e->nested || e->repeated) {
        return false;
    }
    return !is_dir(z, e);
}

static const struct zip_entry *entry_of(const struct zip *z, const struct zip_key *k)
{
    return k->index < z->num_central ? &z->central[k->index] : &z->local[k->index - z->num_central];
}

/* Two entries describe one member in the same way. */
static bool is_same_member(const struct zip *z, const struct zip_key *a, const struct zip_key *b)
{
    const struct zip_fixed *x = &entry_of(z, a)->fixed;
    const struct zip_fixed *y = &entry_of(z, b)->fixed;
    bool has_same_data = a->major == b->major && a->minor == b->minor && x->method == y->method;
    bool has_same_flags = ((x->flags ^ y->flags) & UNREADABLE_FLAGS) == 0;
    return has_same_data && has_same_flags && bytes_eq(a->name, b->name);
}

/* Equal entries are mostly adjacent and are emitted once.  Where their methods alternate, they are
 * emitted twice. */
static bool emit_sorted(struct zip *z, const struct zip_key *key, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_repeated = i > 0 && is_same_member(z, &key[i - 1], &key[i]);
        if (!is_repeated && !emit_member(z, entry_of(z, &key[i]))) {
            return false;
        }
    }
    return true;
}

/* The keys of the members that become objects, or with NULL only their number. */
static size_t collect_members(const struct zip *z, struct zip_key *key)
{
    size_t n = 0;
    size_t all = z->num_central + z->num_local;
    for (size_t i = 0; i < all; i++) {
        struct zip_key k = { .index = i };
        const struct zip_entry *e = entry_of(z, &k);
        if (!is_wanted(z, e, i < z->num_central)) {
            continue;
        }
        if (key != NULL) {
            key[n] = (struct zip_key){ zip_name(z, e), e->data_at, e->fixed.packed, i };
        }
        n++;
    }

    return n;
}

/* Emits each interpretation of each member once, in file order. */
static bool emit_members(struct zip *z)
{
    size_t n = collect_members(z, NULL);
    size_t bytes = n * sizeof(struct zip_key);
    if (n == 0) {
        return true;
    }

    struct zip_key *key = budget_resize(z->o->budget, NULL, 0, bytes);
    if (key == NULL) {
        return false;
    }

    (void)collect_members(z, key); /* n again */
    qsort(key, n, sizeof *key, zip_key_cmp);
    bool ok = emit_sorted(z, key, n);
    budget_free(z->o->budget, key, bytes);
    return ok;
}

static bool read_all(struct zip *z)
{
    if (!zip_find_ends(z) || !zip_walk(z)) {
        return false;
    }

    zip_mark_nested(z);
    if (!emit_format(z->o->sink, format_of(z)) || !zip_compare(z) || !zip_check_coverage(z)) {
        return false;
    }
    if (!zip_crosscheck(z) || !zip_check_links(z) || !zip_check_layout(z)) {
        return false;
    }
    if (!emit_members(z)) {
        return false;
    }
    if (z->num_dirs > 0) {
        return true;
    }

    struct zip_note n = { .slug = "zip-truncated",
                          .loader = "rejects",
                          .at = { z->o->src->size, 0 } };
    z->malformed = true;
    return zip_note(z, n, "no end record");
}

static enum parse_end parse(struct object *o)
{
    struct zip z;
    bool ok = zip_init(&z, o) && read_all(&z);
    zip_done(&z);
    if (!ok || source_failed(o->src)) {
        return PARSE_STOPPED;
    }
    if (z.unsupported) {
        return PARSE_UNSUPPORTED;
    }

    return z.malformed ? PARSE_MALFORMED : PARSE_WHOLE;
}

const struct parser zip_parser = {
    "zip", bid, parse, "zip archives: PyTorch checkpoints, TorchScript, .npz, plain ones",
    "every byte belongs to a record, every member was unpacked and read, and all readings of the "
    "archive agree"
};
