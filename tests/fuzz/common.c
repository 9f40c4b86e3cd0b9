/* common.c - the functions that all targets share. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

_Noreturn void fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

void fuzz_budget(struct budget *b)
{
    uint64_t max[NUM_LIMITS];
    for (int i = 0; i < NUM_LIMITS; i++) {
        max[i] = limit_rows[i].value;
    }

    max[LIMIT_heap_bytes] = 1 << 26;
    max[LIMIT_inflated_bytes] = 1 << 24;
    max[LIMIT_facts] = 10000;
    max[LIMIT_pickle_stack] = 100000;
    max[LIMIT_pickle_marks] = 100000;
    max[LIMIT_pickle_memo] = 100000;
    budget_init(b, max, 0);
}

uint64_t fuzz_hash(uint64_t h, const void *p, size_t n)
{
    const uint8_t *at = p;
    h = h == 0 ? FNV_START : h;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ at[i]) * FNV_PRIME;
    }
    return h;
}

static char folder[64];

static void remove_folder(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) {
        perror(folder);
    }
}

/* Makes the folder of this process, in shared memory where there is some: it is written often. */
static void make_folder(void)
{
    bool has_shm = access("/dev/shm", W_OK) == 0;
    strcpy(folder, has_shm ? "/dev/shm/fuzz-XXXXXX" : "/tmp/fuzz-XXXXXX");
    MUST(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
}

/* Makes the folders between `folder` and the last part of a path. */
static void make_parents(char *path)
{
    char *slash = strchr(path + strlen(folder) + 1, '/');
    while (slash != NULL) {
        *slash = 0;
        (void)mkdir(path, 0700); /* fails from the second call on: it exists */
        *slash = '/';
        slash = strchr(slash + 1, '/');
    }
}

const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
    static char path[160];
    if (folder[0] == 0) {
        make_folder();
    }

    snprintf(path, sizeof path, "%s/%s", folder, name);
    make_parents(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0);
    MUST(size == 0 || write(fd, data, size) == (ssize_t)size);
    MUST(close(fd) == 0);
    return path;
}
