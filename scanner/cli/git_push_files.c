/* git_push_files.c - git's own programs say what is new; each reads from one temporary file and
 * writes to another, so that none waits for us. */
#include "git_push_files.h"

#include "../util/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
#define MAX_LINE 1048576 /* bytes of a line of git's */
#define MAX_BLOBS 10000000 /* of one push */

static bool is_id(const char *s, size_t n) { return (n == 40 || n == 64) && hex_digits(s) >= n; }

static bool is_null(const char *s, size_t n) { return strspn(s, "0") >= n; }

static int start(char *const argv[], int in, int out)
{
    posix_spawn_file_actions_t a;
    pid_t pid = -1;
    posix_spawn_file_actions_init(&a);
    posix_spawn_file_actions_adddup2(&a, in, 0);
    posix_spawn_file_actions_adddup2(&a, out, 1);
    if (posix_spawnp(&pid, "git", &a, NULL, argv, environ) != 0) {
        pid = -1;
    }
    posix_spawn_file_actions_destroy(&a);
    return pid;
}

static bool ended_well(int pid)
{
    int status = 1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What git says to `in`; NULL: it failed. */
static FILE *run(char *const argv[], FILE *in)
{
    FILE *out = tmpfile();
    bool ok = in != NULL && out != NULL && fflush(in) == 0 && lseek(fileno(in), 0, SEEK_SET) == 0;
    int pid = ok ? start(argv, fileno(in), fileno(out)) : -1;
    ok = pid > 0 && ended_well(pid);
    if (!ok && out != NULL) {
        fclose(out);
    }
    if (ok) {
        rewind(out);
    }
    return ok ? out : NULL;
}

/* --- lists ------------------------------------------------------------------------- */

static bool add(struct pushed *p, const char *id, size_t n, const char *path)
{
    if ((p->n & (p->n - 1)) == 0) { /* a power of two: double the room */
        void *blobs = p->n < MAX_BLOBS
                          ? realloc(p->blobs, (p->n == 0 ? 1 : p->n * 2) * sizeof *p->blobs)
                          : NULL;
        if (blobs == NULL) {
            return false;
        }
        p->blobs = blobs;
    }
    struct pushed_blob *b = &p->blobs[p->n];
    memcpy(b->id, id, n);
    b->id[n] = 0;
    b->path = strdup(path);
    p->n += b->path != NULL;
    return b->path != NULL;
}

/* NEW of each line that does not delete a ref. */
static FILE *new_ids(FILE *in)
{
    FILE *out = tmpfile();
    char *line = NULL;
    size_t cap = 0;
    bool ok = out != NULL;
    while (ok && getline(&line, &cap, in) > 0) {
        char *id = strchr(line, ' '), *end = id != NULL ? strchr(id + 1, ' ') : NULL;
        size_t n = end != NULL ? (size_t)(end - id - 1) : 0;
        ok = n > 0 && is_id(id + 1, n);
        if (ok && !is_null(id + 1, n)) {
            fprintf(out, "%.*s\n", (int)n, id + 1);
        }
    }
    ok = ok && !ferror(in) && !ferror(out);
    free(line);
    if (!ok && out != NULL) {
        fclose(out);
    }
    return ok ? out : NULL;
}

/* ":OLDMODE NEWMODE OLDID NEWID STATUS" NUL path NUL, as git-diff-tree(1) has it with -z. */
static bool read_changes(FILE *f, struct pushed *p)
{
    char *meta = NULL, *path = NULL;
    size_t cap = 0, cap_path = 0;
    ssize_t n;
    bool ok = f != NULL;
    while (ok && (n = getdelim(&meta, &cap, 0, f)) > 0) {
        char *id = meta;
        for (int i = 0; id != NULL && i < 3; i++) {
            id = strchr(id, ' ');
            id = id != NULL ? id + 1 : NULL;
        }
        size_t digits = id != NULL ? strcspn(id, " ") : 0;
        ok = meta[0] == ':' && n < MAX_LINE && digits > 0 && is_id(id, digits)
             && getdelim(&path, &cap_path, 0, f) > 0;
        bool link = ok && strncmp(meta + 8, "160000", 6) == 0; /* a submodule's commit */
        ok = ok && (link || is_null(id, digits) || add(p, id, digits, path));
    }
    free(meta);
    free(path);
    return ok;
}

/* "ID path", of all kinds of objects: a tag may lead to a blob that no commit has. */
static bool read_objects(FILE *f, struct pushed *p)
{
    char *line = NULL;
    size_t cap = 0;
    bool ok = f != NULL;
    while (ok && getline(&line, &cap, f) > 0) {
        size_t n = strcspn(line, " \n");
        ok = is_id(line, n) && add(p, line, n, "");
    }
    free(line);
    return ok;
}

static int by_id(const void *a, const void *b)
{
    const struct pushed_blob *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : -strcmp(x->path, y->path); /* names first */
}

/* Each name once; no name only where there is no other. */
static void sort(struct pushed *p)
{
    size_t kept = 0;
    if (p->n > 0) {
        qsort(p->blobs, p->n, sizeof *p->blobs, by_id);
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct pushed_blob *last = kept > 0 ? &p->blobs[kept - 1] : NULL;
        bool same = last != NULL && strcmp(last->id, p->blobs[i].id) == 0;
        if (same && (p->blobs[i].path[0] == 0 || strcmp(last->path, p->blobs[i].path) == 0)) {
            free(p->blobs[i].path);
        } else {
            p->blobs[kept++] = p->blobs[i];
        }
    }
    p->n = kept;
}

static void close_all(FILE **files, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (files[i] != NULL) {
            fclose(files[i]);
        }
    }
}

bool pushed_read(FILE *in, struct pushed *out, const char **why)
{
    char *commits[] = { "git", "rev-list", "--stdin", "--not", "--all", NULL };
    char *changes[] = { "git", "diff-tree", "--stdin",        "-r",           "--root",
                        "-m",  "-z",        "--no-commit-id", "--no-renames", NULL };
    char *objects[] = { "git", "rev-list", "--objects", "--stdin", "--not", "--all", NULL };
    FILE *f[4] = { new_ids(in) };
    *out = (struct pushed){ NULL, 0 };
    *why = "git does not say what is pushed";
    f[1] = run(commits, f[0]);
    f[2] = run(changes, f[1]);
    f[3] = run(objects, f[0]);
    bool ok = read_changes(f[2], out) && read_objects(f[3], out);
    close_all(f, 4);
    sort(out);
    return ok;
}

void pushed_done(struct pushed *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->blobs[i].path);
    }
    free(p->blobs);
}

FILE *pushed_open(const struct pushed *p, int *pid, const char **why)
{
    char *batch[] = { "git", "cat-file", "--batch", NULL };
    FILE *ids = tmpfile(), *f = NULL;
    int ends[2] = { -1, -1 };
    for (size_t i = 0; ids != NULL && i < p->n; i++) {
        if (i == 0 || strcmp(p->blobs[i].id, p->blobs[i - 1].id) != 0) {
            fprintf(ids, "%s\n", p->blobs[i].id);
        }
    }
    *why = "git does not give what is pushed";
    if (ids != NULL && fflush(ids) == 0 && lseek(fileno(ids), 0, SEEK_SET) == 0
        && pipe2(ends, O_CLOEXEC) == 0) {
        *pid = start(batch, fileno(ids), ends[1]);
        close(ends[1]);
        f = *pid > 0 ? fdopen(ends[0], "r") : NULL;
        if (f == NULL) {
            close(ends[0]);
        }
    }
    if (ids != NULL) {
        fclose(ids);
    }
    return f;
}

bool pushed_close(FILE *f, int pid)
{
    fclose(f);
    return ended_well(pid);
}
