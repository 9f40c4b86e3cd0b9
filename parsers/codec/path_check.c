/* path_check.c - rejects paths that lead out of a folder, by the rules of every system. */
#include "path_check.h"

#include <string.h>

/* A part of the path is "..". */
static bool has_dots(struct bytes p)
{
    for (size_t i = 0; i + 1 < p.n; i++) {
        bool start = i == 0 || p.p[i - 1] == '/' || p.p[i - 1] == '\\';
        bool end = i + 2 == p.n || p.p[i + 2] == '/' || p.p[i + 2] == '\\';
        if (start && end && p.p[i] == '.' && p.p[i + 1] == '.') {
            return true;
        }
    }
    return false;
}

const char *path_leaves(struct bytes path)
{
    if (path.n == 0) {
        return "an empty name";
    }

    bool has_drive = path.n > 1 && path.p[1] == ':';
    if (path.p[0] == '/' || has_drive || memchr(path.p, '\\', path.n) != NULL) {
        return "a name that is absolute, or has a drive or backslashes";
    }
    if (memchr(path.p, 0, path.n) != NULL) {
        return "a name with a NUL";
    }

    return has_dots(path) ? "a name that leads out of the folder" : NULL;
}
