/* dtype.h - NumPy's array-protocol type strings: "<f8", "|O", "U5", "M8[ns]", "V16".
 *
 * Reference: numpy.org, "The array interface protocol", typestr. */
#ifndef MA_CODEC_DTYPE_H
#define MA_CODEC_DTYPE_H
#include "../base/cursor.h"

struct dtype {
    uint8_t kind; /* one of b i u f c m M O S U V T; 'a', the old name of S, is stored as S */
    bool object; /* items are Python objects, stored as a pickle */
    uint64_t item_bytes; /* bytes of one item */
};

/* dtype_parse() reads a type string.  Returns false for any other spelling that numpy.dtype()
 * accepts ("float64", "f8,i4", "(2,)f8"). */
MUST_CHECK bool dtype_parse(struct bytes s, struct dtype *out);

#endif
