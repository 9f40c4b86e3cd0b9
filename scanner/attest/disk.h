/* disk.h - the model as it lies there now: names and digests, looked up by either. */
#ifndef MA_ATTEST_DISK_H
#define MA_ATTEST_DISK_H
#include <stdbool.h>
#include <stddef.h>

struct disk_file { char *name; char hex[65]; bool used; };
struct disk { struct disk_file *files; size_t n, room; };

/* fd is borrowed.  False: out of memory; *why is set when the file cannot be read (it is then left out). */
bool disk_add(struct disk *d, int fd, const char *name, const char **why);
/* Before the look-ups: sorts by name.  False: two names differ by case only; *a and *b say which. */
bool disk_sort(struct disk *d, const char **a, const char **b);
struct disk_file *disk_by_name(struct disk *d, const char *name);     /* NULL: none */
/* A file of that digest that nothing has used yet. */
struct disk_file *disk_by_digest(struct disk *d, const char *hex);
void disk_done(struct disk *d);
#endif
