/* backend.h - the interface that each decompression library's file gives to codec.c. */
#ifndef MA_CODEC_BACKEND_H
#define MA_CODEC_BACKEND_H
#include "codec.h"

/* Packed bytes to read and space for unpacked bytes; step() moves both along. */
struct flow {
    const uint8_t *in;
    size_t num_in;
    uint8_t *out;
    size_t num_out; /* bytes of space left at out */
    bool last; /* no packed bytes follow those at in */
};

struct backend {
    /* Returns the decompressor's state, or NULL without memory.  close() releases it. */
    void *(*open)(enum codec codec);
    /* Unpacks what f allows.  DECODE_MORE asks for more input or more space. */
    enum decode_end (*step)(void *state, struct flow *f);
    void (*close)(void *state);
};

extern const struct backend zlib_backend, bzip2_backend, lzma_backend, zstd_backend, lz4_backend,
    text_backend;
#endif
