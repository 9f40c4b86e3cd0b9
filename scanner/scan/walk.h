/* walk.h - what lies in a folder: every entry once, in byte order, nothing opened. */
#ifndef MA_SCAN_WALK_H
#define MA_SCAN_WALK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum walk_kind {
    WALK_FILE, /* a regular file, or a symlink to one */
    WALK_DIR_SYMLINK, /* not followed */
    WALK_SPECIAL, /* FIFO, socket, device */
    WALK_ERROR
}; /* unreadable folder, dangling symlink: err says why */
struct walk_entry {
    enum walk_kind kind;
    char *path, *rel; /* path opens it; rel is below the folder, '/' between parts */
    int err; /* errno of WALK_ERROR */
    uint64_t dev, ino; /* of WALK_FILE, behind its symlinks */
    bool twin; /* another entry is the same file */
};
struct walk_list {
    struct walk_entry *entries;
    size_t n, cap;
};

/* Fills *out, sorted by rel as bytes.  False only when out of memory; walk_done
 * is right in either case.  Links and hard links make twins. */
bool walk_folder(const char *path, struct walk_list *out);
void walk_done(struct walk_list *list);
#endif
