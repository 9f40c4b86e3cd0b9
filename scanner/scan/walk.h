/* walk.h - lists a folder recursively: every entry once, in byte order; nothing is opened. */
#ifndef MA_SCAN_WALK_H
#define MA_SCAN_WALK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum walk_kind {
    WALK_FILE, /* a regular file, or a symlink to one */
    WALK_DIR_SYMLINK, /* a symlink to a folder, which is not followed */
    WALK_SPECIAL, /* FIFO, socket, device */
    WALK_ERROR /* an unreadable folder, a dangling symlink */
};
struct walk_entry {
    enum walk_kind kind;
    char *path; /* opens it */
    char *rel; /* below the folder, '/' between parts */
    int err; /* errno of WALK_ERROR */
    uint64_t dev; /* of WALK_FILE, behind its symlinks */
    uint64_t ino; /* of WALK_FILE, behind its symlinks */
    bool has_other_names; /* another entry is the same file, by a symlink or a hard link */
};
struct walk_list {
    struct walk_entry *entries;
    size_t n;
    size_t cap;
};

/* walk_folder fills *out, sorted by rel as bytes. Returns false only when out of memory;
 * walk_done is right in either case. */
bool walk_folder(const char *path, struct walk_list *out);
void walk_done(struct walk_list *list);
#endif
