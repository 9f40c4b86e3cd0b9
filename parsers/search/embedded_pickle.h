/* embedded_pickle.h - pickles and texts that lie somewhere in the bytes: where do they end? */
#ifndef MA_SEARCH_EMBEDDED_PICKLE_H
#define MA_SEARCH_EMBEDDED_PICKLE_H
#include "../base/source.h"

/* Could a pickle that calls something start with these 64 bytes (80 version ...)? */
bool embedded_pickle_quick(struct bytes look);
/* Where the walk came by a PROTO: candidates that need no walk of their own when it
 * found nothing, for they are its tail. */
#define HIDDEN_PROTOS 2048u
struct embedded_protos {
    uint64_t at[HIDDEN_PROTOS];
    size_t n;
};

/* Walks the opcodes from `at` on.  *len: bytes up to and with STOP, or up to the
 * first thing that is no opcode.  *steps counts opcodes, up to max_steps.  True
 * when a global is named and something is called after it. */
bool embedded_pickle(struct source *src, uint64_t at, uint64_t max_steps, uint64_t *len,
                     uint64_t *steps, struct embedded_protos *protos);

bool embedded_is_base64(uint8_t c); /* RFC 4648, both alphabets; no line ends */
bool embedded_is_hex(uint8_t c);
/* Length of the run of such text from `at` on, line ends between included; at most max bytes. */
uint64_t embedded_text(struct source *src, uint64_t at, bool hex, uint64_t max);
#endif
