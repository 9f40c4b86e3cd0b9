/* header.h - the dictionary in the header of a .npy file. */
#ifndef MA_NUMPY_HEADER_H
#define MA_NUMPY_HEADER_H
#include "../base/cursor.h"

struct npy_header {
    bool object; /* the items are Python objects: a pickle follows */
    uint64_t item_bytes, num_items; /* checked products */
    uint64_t array_bytes; /* item_bytes * num_items */
    struct bytes descr, shape; /* as written, slices of the text */
};
/* The literal that NumPy writes: {'descr': ..., 'fortran_order': ..., 'shape': ...}.
 * *why says what is wrong; out->object is set even then, when an object type was seen. */
MUST_CHECK bool npy_header_read(struct bytes text, struct npy_header *out, const char **why);
#endif
