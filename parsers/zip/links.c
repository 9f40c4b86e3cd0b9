/* links.c - symbolic links, which external attributes declare, and where they lead.
 *
 * The data of such a member is its target.  unzip, bsdtar and 7z create the link, and a member that
 * is unpacked later writes through it; Python's zipfile writes a plain file. */
#include "directories.h"

#include "../codec/codec.h"

#include <string.h>

enum {
    MODE_TYPE = 0170000, /* of the mode, the bits of the file type (stat.h) */
    MODE_LINK = 0120000,
    MAX_TARGET = 4096 /* bytes; no system has longer ones */
};

static size_t count_folders(struct bytes path)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) {
        n += path.p[i] == '/';
    }
    return n;
}

/* Does the target, from `depth` folders below the top on, leave the top? */
static bool climbs_out(struct bytes target, size_t depth)
{
    struct cursor c = cur_of(target, 0);
    struct bytes part;
    bool more = true;
    while (more) {
        more = cur_until(&c, '/', target.n + 1, &part);
        if (!more && !cur_take(&c, cur_left(&c), &part)) {
            return true;
        }
        if (bytes_eq(part, BYTES("..")) && depth-- == 0) {
            return true;
        }
        depth += part.n > 0 && !bytes_eq(part, BYTES(".")) && !bytes_eq(part, BYTES(".."));
    }
    return false;
}

static bool target_leaves(struct bytes name, struct bytes target)
{
    bool is_absolute = bytes_start(target, BYTES("/"));
    bool has_drive = target.n > 1 && target.p[1] == ':';
    if (target.n == 0 || target.n > MAX_TARGET || is_absolute || has_drive) {
        return true;
    }
    bool is_odd = memchr(target.p, 0, target.n) != NULL || memchr(target.p, '\\', target.n) != NULL;
    return is_odd || climbs_out(target, count_folders(name));
}

/* Unpacks the target, or one byte more than MAX_TARGET.  False: it cannot be read. */
static bool read_target(struct zip *z, const struct zip_entry *e, uint8_t *buf, size_t *out)
{
    enum codec codec;
    struct range packed = { e->data_at, e->fixed.packed };
    struct budget *b = z->o->budget;
    struct decoder *d =
        zip_codec_of(e->fixed.method, &codec) ? decoder_new(codec, z->o->src, packed, b) : NULL;
    enum decode_end end = DECODE_MORE;
    *out = 0;
    while (d != NULL && end == DECODE_MORE && *out <= MAX_TARGET) {
        size_t got = 0;
        end = decoder_read(d, buf + *out, MAX_TARGET + 1 - *out, &got);
        *out += got;
    }

    decoder_free(d);
    return d != NULL && (end == DECODE_DONE || *out > MAX_TARGET);
}

static bool check_link(struct zip *z, const struct zip_entry *e)
{
    uint8_t buf[MAX_TARGET + 1];
    struct zip_note n = { .slug = "zip-link", .loader = "differs", .at = { e->at, e->bytes } };
    size_t got;
    bool is_read = read_target(z, e, buf, &got);
    struct bytes target = { buf, got };
    if (!is_read || target_leaves(zip_name(z, e), target)) {
        n.slug = "zip-link-escape";
        return zip_note_name(z, n, zip_name(z, e), "a symbolic link that leaves the folder");
    }

    return zip_note_name(z, n, zip_name(z, e), "a symbolic link");
}

bool zip_check_links(struct zip *z)
{
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        bool is_read = e->data_at != ZIP_NOWHERE && !z->dirs[e->dir].nested;
        if (is_read && (e->fixed.mode & MODE_TYPE) == MODE_LINK && !check_link(z, e)) {
            return false;
        }
    }
    return true;
}
