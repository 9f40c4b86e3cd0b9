/* sink.h - where parsers put what they found.  Owned by the scanner. */
#ifndef MA_BASE_SINK_H
#define MA_BASE_SINK_H
#include "fact.h"

enum codec {
    CODEC_STORED,
    CODEC_DEFLATE,
    CODEC_ZLIB,
    CODEC_GZIP,
    CODEC_BZIP2,
    CODEC_XZ,
    CODEC_LZMA_ALONE,
    CODEC_LZMA_ZIP,
    CODEC_LZ4,
    CODEC_ZSTD,
    CODEC_BASE64,
    CODEC_HEX,
    NUM_CODECS
};

/* What the loader of an archive takes a member for. */
enum inner_as {
    AS_FOUND, /* nothing: its content decides */
    AS_SCRIPT, /* TorchScript code */
    AS_SCRIPT_PICKLE, /* a pickle of TorchScript's own reader, which imports no Python */
    AS_CONFIG, /* a JSON configuration */
    AS_TEMPLATE, /* a chat template, whose text the parent has shown to the rules */
    AS_TEMPLATE_FILE, /* a chat template in a file of its own */
    AS_TORCH_STORAGES, /* the storages of torch's first format */
    AS_TORCH_TENSORS /* the tensors of torch's first format */
};

/* An object inside this one, offered to be read later. Parsers never call each other. */
struct inner {
    struct range at; /* its packed bytes in this object */
    /* p != NULL: its bytes instead (decoded by the parser); the sink copies them */
    struct bytes data;
    enum codec codec;
    struct bytes label; /* member name, raw; "bytes at 0x1f" where it has none */
    struct num declared_bytes; /* unpacked size that the file declares */
    struct num declared_crc32; /* CRC-32 of the unpacked bytes that the file declares */
    bool speculative; /* a guess: counts only once something was executed in it */
    bool code; /* can carry code (pickle, script): read before plain data */
    bool pickle; /* handed to an unpickler by the file: claimed as a pickle */
    /* facts up to this offset were reported by another reading of the same bytes */
    uint64_t suppress_before;
    bool no_joblib; /* with pickle: read by pickle.load, which has no arrays of joblib */
    /* numbers, by the format (a tensor's storage): facts of other readings count only once they
     * execute something */
    bool opaque_data;
    enum inner_as as; /* what the archive's loader takes it for, whatever it holds */
    /* it is all that this object holds: if its format is unknown, so is the object's */
    bool sole_content;
    bool member; /* a file in an archive: what its name promises counts as for a file alone */
};

struct sink {
    bool (*fact)(struct sink *s, const struct fact *f);
    bool (*inner)(struct sink *s, const struct inner *in);
};
/* emit hands a fact to the sink, emit_inner an inner object. Both return false when the parser
 * has to stop (cancelled, or a limit is exceeded): it returns PARSE_STOPPED at once; the sink
 * has recorded why. */
MUST_CHECK bool emit(struct sink *s, const struct fact *f);
MUST_CHECK bool emit_inner(struct sink *s, const struct inner *in);

/* Facts that every parser needs, as emit().  slug, detail and format are our own text; a number
 * that the anomaly does not have is NUM_NONE. */
MUST_CHECK bool emit_format(struct sink *s, const char *format);
MUST_CHECK bool emit_anomaly(struct sink *s, struct range at, const char *slug, const char *detail);
MUST_CHECK bool emit_anomaly_nums(struct sink *s, struct range at, const char *slug,
                                  const char *detail, struct num declared, struct num actual);
#endif
