/* recognised_only.c - containers that are recognised by a magic number and not opened.
 *
 * Such a file is reported as incomplete, with the name of its format; it is never clean. */
#include "../base/parser.h"

extern const struct parser sealed_parser;

#define BID_MAGIC 70

struct seal {
    size_t at; /* offset of the magic number */
    struct bytes magic;
    const char *format;
    const char *what; /* the text of the anomaly */
};
#define SEAL(at, magic, format, what)                                                              \
    {                                                                                              \
        at, { (const uint8_t *)(magic), sizeof(magic) - 1 }, format, what                          \
    }
static const struct seal seals[] = {
    SEAL(0, "7z\xbc\xaf\x27\x1c", "7z", "a 7z archive, which is not opened"),
    SEAL(0, "Rar!\x1a\x07", "rar", "a rar archive, which is not opened"),
    SEAL(0, "MSCF\0\0\0\0", "cab", "a cabinet archive, which is not opened"),
    SEAL(0, "xar!\0", "xar", "a xar archive, which is not opened"),
    SEAL(0, "LRZI", "lrzip", "an lrzip stream, which is not opened"),
    SEAL(0, "LZIP\x01", "lzip", "an lzip stream, which is not opened"),
    SEAL(0, "\x1f\x9d", "compress", "a compress(1) stream, which is not opened"),
    SEAL(0, "\x02\x21\x4c\x18", "lz4-legacy", "a legacy lz4 stream, which is not opened"),
    SEAL(0, "\x89HDF\r\n\x1a\n", "hdf5", "an HDF5 file (Keras .h5), which is not understood yet"),
    SEAL(4, "TFL3", "tflite", "a TFLite model, which is not understood yet"),
    SEAL(0, "070701", "cpio", "a cpio archive, which is not opened"),
    SEAL(0, "!<arch>\n", "ar", "an ar archive, which is not opened"),
    SEAL(0, "hsqs", "squashfs", "a squashfs image, which is not opened"),
};

static const struct seal *seal_of(struct bytes head)
{
    for (size_t i = 0; i < sizeof seals / sizeof seals[0]; i++) {
        if (bytes_start(bytes_sub(head, seals[i].at, head.n), seals[i].magic)) {
            return &seals[i];
        }
    }
    return NULL;
}

static int bid(const struct glimpse *g) { return seal_of(g->head) != NULL ? BID_MAGIC : 0; }

static enum parse_end parse(struct object *o)
{
    uint8_t head[16];
    size_t got = 0;
    if (!source_read_some(o->src, 0, head, sizeof head, &got)) {
        return PARSE_STOPPED;
    }

    const struct seal *s = seal_of((struct bytes){ head, got });
    if (s == NULL) { /* the file changed after the bid */
        return PARSE_STOPPED;
    }

    struct range all = { 0, o->src->size };
    bool ok =
        emit_format(o->sink, s->format) && emit_anomaly(o->sink, all, "sealed-archive", s->what);
    return ok ? PARSE_UNSUPPORTED : PARSE_STOPPED;
}

const struct parser sealed_parser = { "sealed", bid, parse,
                                      "7z, rar, cab, HDF5, TFLite and others, by sight",
                                      "nothing: these are never clean, but incomplete" };
