/* replay.c - the main() of a target without libFuzzer: runs it on every file of the given
 * folders. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a whole stream.  Returns NULL on failure; the caller frees the bytes. */
static uint8_t *read_all(FILE *f, size_t *n)
{
    uint8_t *data = NULL;
    size_t cap = 0;
    *n = 0;
    while (!feof(f) && !ferror(f)) {
        cap = cap * 2 + 4096;
        uint8_t *p = realloc(data, cap);
        if (p == NULL) {
            break;
        }
        data = p;
        *n += fread(data + *n, 1, cap - *n, f);
    }

    if (!feof(f)) {
        free(data);
        return NULL;
    }

    return data;
}

/* Runs the target on a block of exactly n bytes, so that a sanitizer sees reads past its end. */
static bool run_exact(const uint8_t *data, size_t n)
{
    uint8_t *exact = malloc(n > 0 ? n : 1);
    if (exact == NULL) {
        return false;
    }
    memcpy(exact, data, n);
    (void)LLVMFuzzerTestOneInput(exact, n); /* always returns 0 */
    free(exact);
    return true;
}

static bool replay_file(const char *path)
{
    size_t n;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }

    uint8_t *data = read_all(f, &n);
    fclose(f);
    bool ok = data != NULL && run_exact(data, n);
    free(data);
    return ok;
}

static bool replay_folder(const char *folder, unsigned long *count)
{
    struct dirent **names;
    bool ok = true;
    int n = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (ok && names[i]->d_name[0] != '.') {
            fprintf(stderr, "%s\n", path); /* the last line before a crash names its file */
            ok = replay_file(path);
            *count += ok;
        }
        free(names[i]);
    }

    if (n >= 0) {
        free(names);
    }

    return ok;
}

int main(int argc, char **argv)
{
    unsigned long count = 0;
    for (int i = 1; i < argc; i++) {
        if (!replay_folder(argv[i], &count)) {
            return 1;
        }
    }
    printf("replayed %lu inputs\n", count);
    return count == 0;
}
