/* header.h - the dictionary in the header of a .npy file. */
#ifndef MA_NUMPY_HEADER_H
#define MA_NUMPY_HEADER_H
#include "../base/cursor.h"

struct npy_header {
    bool object; /* items are Python objects, stored as a pickle */
    uint64_t item_bytes;
    uint64_t num_items; /* product of the shape */
    uint64_t array_bytes; /* item_bytes * num_items */
    struct bytes descr; /* as written; a slice of the header's text */
    struct bytes shape; /* likewise */
};

/* npy_header_read() reads the dictionary that NumPy writes: {'descr': ..., 'fortran_order': ...,
 * 'shape': ...}.  On failure it returns false and sets *why to a static text; out->object is then
 * set if a type of objects was met.  *out borrows the text. */
MUST_CHECK bool npy_header_read(struct bytes text, struct npy_header *out, const char **why);
#endif
