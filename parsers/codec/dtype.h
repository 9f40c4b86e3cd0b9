/* dtype.h - NumPy's array-protocol type strings: "<f8", "|O", "U5", "M8[ns]", "V16".
 *
 * Reference: numpy.org, "The array interface protocol", typestr. */
#ifndef MA_CODEC_DTYPE_H
#define MA_CODEC_DTYPE_H
#include "../base/cursor.h"

struct dtype {
    uint8_t kind; /* b i u f c m M O S U V; S also for the old name 'a' */
    bool object; /* its items are Python objects: a pickle follows */
    uint64_t item_bytes;
};
/* False for any other spelling that numpy.dtype() takes ("float64", "f8,i4", "(2,)f8"). */
MUST_CHECK bool dtype_parse(struct bytes s, struct dtype *out);
#endif
