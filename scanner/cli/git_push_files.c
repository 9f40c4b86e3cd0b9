/* git_push_files.c - lists the pushed blobs with git's own programs. Each program reads from one
 * temporary file and writes to another, so that no program waits for this process. */
#include "git_push_files.h"

#include "../util/hex.h"
#include "../util/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
#define MAX_LINE 1048576 /* bytes of a line of git's output */
#define MAX_BLOBS 10000000 /* blobs of one push */

static bool is_id(const char *s, size_t n) { return (n == 40 || n == 64) && hex_digits(s) >= n; }

/* The id that stands for no object. */
static bool is_null_id(const char *s, size_t n) { return strspn(s, "0") >= n; }

/* --- processes ---------------------------------------------------------------------- */

/* Starts git, which reads objects as they are: a ref below refs/replace/ would substitute others.
 * Returns the process id, or -1. */
static int start_git(char *const argv[], int in, int out)
{
    posix_spawn_file_actions_t a;
    pid_t pid = -1;

    if (setenv("GIT_NO_REPLACE_OBJECTS", "1", 1) != 0) {
        return -1;
    }

    posix_spawn_file_actions_init(&a);
    posix_spawn_file_actions_adddup2(&a, in, 0);
    posix_spawn_file_actions_adddup2(&a, out, 1);
    if (posix_spawnp(&pid, "git", &a, NULL, argv, environ) != 0) {
        pid = -1;
    }

    posix_spawn_file_actions_destroy(&a);
    return pid;
}

static bool wait_for_success(int pid)
{
    int status = 1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Moves the file offset to the start, for a process that inherits it. */
static bool rewind_fd(FILE *f) { return fflush(f) == 0 && lseek(fileno(f), 0, SEEK_SET) == 0; }

/* Returns the output of git for the input `in`, which may be NULL; NULL when it failed. */
static FILE *run_git(char *const argv[], FILE *in)
{
    if (in == NULL || !rewind_fd(in)) {
        return NULL;
    }

    FILE *out = tmpfile();
    if (out == NULL) {
        return NULL;
    }

    int pid = start_git(argv, fileno(in), fileno(out));
    if (pid <= 0 || !wait_for_success(pid)) {
        fclose(out);
        return NULL;
    }

    rewind(out);
    return out;
}

/* --- lists ------------------------------------------------------------------------- */

static bool add_blob(struct pushed *p, const char *id, size_t n, const char *path)
{
    if (p->n >= MAX_BLOBS || !vec_grow(&p->blobs, &p->cap, p->n + 1, sizeof *p->blobs)) {
        return false;
    }

    struct pushed_blob *b = &p->blobs[p->n];
    memcpy(b->id, id, n);
    b->id[n] = 0;
    b->path = strdup(path);
    p->n += b->path != NULL;
    return b->path != NULL;
}

/* Field i of a line of fields with one space between; *n bytes. NULL when there is none. */
static char *find_field(char *line, int i, size_t *n)
{
    for (; i > 0; i--) {
        char *space = strchr(line, ' ');
        if (space == NULL) {
            return NULL;
        }
        line = space + 1;
    }

    *n = strcspn(line, " ");
    return line;
}

/* Refs that make git show one object in the place of another. Some file systems ignore case. */
static bool is_replace_ref(const char *ref)
{
    static const char below[] = "refs/replace/";
    return strncasecmp(ref, below, sizeof below - 1) == 0;
}

/* Writes the new id of a line "OLD NEW REF"; none for a ref that is deleted. Returns false for
 * anything else, with *why for a ref that may not be pushed. */
static bool write_new_id(FILE *out, char *line, const char **why)
{
    size_t n = 0;
    const char *id = find_field(line, 1, &n);
    if (id == NULL || id[n] != ' ' || !is_id(id, n)) {
        return false;
    }
    if (is_null_id(id, n)) {
        return true;
    }
    if (is_replace_ref(id + n + 1)) {
        *why = "refs/replace/ makes git show other objects than those that were scanned: push "
               "without it";
        return false;
    }
    fprintf(out, "%.*s\n", (int)n, id);
    return true;
}

static FILE *list_new_ids(FILE *in, const char **why)
{
    FILE *out = tmpfile();
    char *line = NULL;
    size_t cap = 0;
    bool ok = true;

    if (out == NULL) {
        return NULL;
    }

    while (ok && getline(&line, &cap, in) > 0) {
        ok = write_new_id(out, line, why);
    }

    free(line);
    if (!ok || ferror(in) || ferror(out)) {
        fclose(out);
        return NULL;
    }
    return out;
}

/* Adds the change of a line ":OLDMODE NEWMODE OLDID NEWID STATUS". Deleted files and submodules
 * have no blob. */
static bool add_change(struct pushed *p, char *line, const char *path)
{
    size_t n = 0;
    const char *id = find_field(line, 3, &n);
    if (line[0] != ':' || id == NULL || !is_id(id, n)) {
        return false;
    }
    bool is_submodule = strncmp(line + 8, "160000", 6) == 0;
    return is_submodule || is_null_id(id, n) || add_blob(p, id, n, path);
}

/* Reads the output of git-diff-tree(1) with -z: LINE NUL PATH NUL. */
static bool read_changes(FILE *f, struct pushed *p)
{
    char *line = NULL, *path = NULL;
    size_t cap = 0, path_cap = 0;
    ssize_t n;
    bool ok = f != NULL;

    while (ok && (n = getdelim(&line, &cap, 0, f)) > 0) {
        bool whole = n < MAX_LINE && getdelim(&path, &path_cap, 0, f) > 0;
        ok = whole && add_change(p, line, path);
    }

    free(line);
    free(path);
    return ok;
}

/* Reads lines "ID PATH" of all kinds of objects: a tag may refer to a blob that is in no commit. */
static bool read_objects(FILE *f, struct pushed *p)
{
    char *line = NULL;
    size_t cap = 0;
    bool ok = f != NULL;
    while (ok && getline(&line, &cap, f) > 0) {
        size_t n = strcspn(line, " \n");
        ok = is_id(line, n) && add_blob(p, line, n, "");
    }

    free(line);
    return ok;
}

static int by_id(const void *a, const void *b)
{
    const struct pushed_blob *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : -strcmp(x->path, y->path); /* an empty path comes last */
}

/* Sorts by id and keeps each name once; the empty name only where there is no other. */
static void sort_blobs(struct pushed *p)
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
    FILE *f[4];

    *out = (struct pushed){ 0 };
    *why = "git cannot list what is pushed";
    f[0] = list_new_ids(in, why);
    f[1] = run_git(commits, f[0]);
    f[2] = run_git(changes, f[1]);
    f[3] = run_git(objects, f[0]);
    bool ok = read_changes(f[2], out) && read_objects(f[3], out);
    close_all(f, 4);
    sort_blobs(out);
    return ok;
}

void pushed_done(struct pushed *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->blobs[i].path);
    }
    free(p->blobs);
}

/* Each id once; NULL when it cannot be written. */
static FILE *write_ids(const struct pushed *p)
{
    FILE *ids = tmpfile();
    if (ids == NULL) {
        return NULL;
    }

    for (size_t i = 0; i < p->n; i++) {
        if (i == 0 || strcmp(p->blobs[i].id, p->blobs[i - 1].id) != 0) {
            fprintf(ids, "%s\n", p->blobs[i].id);
        }
    }

    if (!rewind_fd(ids)) {
        fclose(ids);
        return NULL;
    }
    return ids;
}

FILE *pushed_open(const struct pushed *p, int *pid, const char **why)
{
    char *batch[] = { "git", "cat-file", "--batch", NULL };
    FILE *f = NULL;
    int ends[2] = { -1, -1 };

    *why = "git cannot read what is pushed";
    FILE *ids = write_ids(p);
    if (ids == NULL) {
        return NULL;
    }
    if (pipe2(ends, O_CLOEXEC) == 0) {
        *pid = start_git(batch, fileno(ids), ends[1]);
        close(ends[1]);
        f = *pid > 0 ? fdopen(ends[0], "r") : NULL;
        if (f == NULL) {
            close(ends[0]);
        }
    }

    fclose(ids);
    return f;
}

bool pushed_close(FILE *f, int pid)
{
    fclose(f);
    return wait_for_success(pid);
}
