/* embedded_pickle.h - finds the end of pickles, and of encoded texts, within other files. */
#ifndef MA_SEARCH_EMBEDDED_PICKLE_H
#define MA_SEARCH_EMBEDDED_PICKLE_H
#include "../base/source.h"

/* embedded_pickle_prefilter() returns false if no pickle that calls something can start with these
 * bytes (80 version ...), SEARCH_LOOK or fewer at the end of the object. */
bool embedded_pickle_prefilter(struct bytes look);

/* embedded_pickle_possible() is the same question of bytes without a PROTO, in protocol 0 or 1
 * as well. whole: no more follow. */
bool embedded_pickle_possible(struct bytes look, bool whole);

/* Offsets of the PROTO opcodes of a walk.  The search finds each of them as a candidate; if the
 * walk met no call, they need no walk of their own. */
#define EMBEDDED_PROTOS 2048u
struct embedded_protos {
    uint64_t at[EMBEDDED_PROTOS];
    size_t n;
};

/* embedded_pickle() walks the opcodes from `at` on, at most max_steps of them.  Returns true if a
 * global is named and something is called after it.  Sets *len to the bytes up to the end of STOP,
 * or to the first byte that is not an opcode, and *steps to the number of opcodes. */
bool embedded_pickle(struct source *src, uint64_t at, uint64_t max_steps, uint64_t *len,
                     uint64_t *steps, struct embedded_protos *protos);

/* embedded_is_text() returns whether c is a hexadecimal digit, or else a character of one of the
 * alphabets of RFC 4648 or '='.  Line ends are not. */
bool embedded_is_text(uint8_t c, bool hex);

/* embedded_text() returns the length of the base64 or hexadecimal text from `at` on with the line
 * ends in it, at most max bytes. */
uint64_t embedded_text(struct source *src, uint64_t at, bool hex, uint64_t max);

#endif
