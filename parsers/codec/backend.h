/* backend.h - what each library's file gives to codec.c. */
#ifndef MA_CODEC_BACKEND_H
#define MA_CODEC_BACKEND_H
#include "codec.h"

/* Packed bytes at hand and room for unpacked ones; step() moves both along. */
struct flow {
    const uint8_t *in;
    size_t num_in;
    uint8_t *out;
    size_t num_out;
    bool last; /* no packed bytes come after these */
};
struct backend {
    void *(*open)(enum codec codec); /* NULL: out of memory */
    enum decode_end (*step)(void *state, struct flow *f); /* DECODE_MORE: wants more of either */
    void (*close)(void *state);
};
extern const struct backend zlib_backend, bzip2_backend, lzma_backend, zstd_backend, lz4_backend,
    text_backend;
#endif
