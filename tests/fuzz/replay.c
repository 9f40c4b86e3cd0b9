/* replay.c - the main() of a target without libFuzzer: every file of the folders named. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t n = 0, cap = 0;
    while (f != NULL && !feof(f) && !ferror(f)) {
        cap = cap * 2 + 4096;
        uint8_t *p = realloc(data, cap);
        if (p == NULL) {
            break;
        }
        data = p;
        n += fread(data + n, 1, cap - n, f);
    }
    bool ok = f != NULL && feof(f);
    if (f != NULL) {
        fclose(f);
    }
    if (ok) {
        uint8_t *exact = malloc(n > 0 ? n : 1); /* so that a sanitizer sees a byte too many */
        ok = exact != NULL;
        if (ok) {
            memcpy(exact, data, n);
            (void)LLVMFuzzerTestOneInput(exact, n); /* always 0 */
        }
        free(exact);
    }
    free(data);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned long done = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **names;
        int n = scandir(argv[i], &names, NULL, alphasort);
        for (int k = 0; k < n; k++) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], names[k]->d_name);
            if (names[k]->d_name[0] != '.') {
                fprintf(stderr, "%s\n", path); /* the last line before a crash names its file */
                if (!replay_file(path)) {
                    return 1;
                }
                done++;
            }
            free(names[k]);
        }
        if (n >= 0) {
            free(names);
        }
    }
    printf("replayed %lu inputs\n", done);
    return done == 0;
}
