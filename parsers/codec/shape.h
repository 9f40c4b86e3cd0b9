/* shape.h - the dimensions of a tensor as text: [2, 3]. */
#ifndef MA_CODEC_SHAPE_H
#define MA_CODEC_SHAPE_H
#include "../base/cursor.h"

#define SHAPE_CAP(dims) ((dims)*22u + 2u) /* bytes: brackets, then 20 digits and ", " each */

/* shape_text() writes n dimensions into out, which has SHAPE_CAP(n) bytes.  Returns the text, which
 * points into out. */
struct bytes shape_text(const uint64_t *dims, size_t n, char *out);

#endif
