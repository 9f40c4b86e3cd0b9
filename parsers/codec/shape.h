/* shape.h - dimensions as a text: [2, 3]. */
#ifndef MA_CODEC_SHAPE_H
#define MA_CODEC_SHAPE_H
#include "../base/cursor.h"

#define SHAPE_CAP(dims) ((dims)*22u + 2u) /* bytes: 20 digits and ", " each */
/* out has SHAPE_ROOM(n) bytes; what is returned points into it. */
struct bytes shape_text(const uint64_t *dims, size_t n, char *out);
#endif
