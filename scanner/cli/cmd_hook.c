/* cmd_hook.c - modelassay hook pre-receive: a push that brings what should not be loaded is
 * refused as a whole.
 *
 * Each new blob is scanned under each of its new names, an LFS pointer by the object that it
 * names. */
#include "cli.h"
#include "git_push_files.h"
#include "../util/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* bytes; git-lfs(1) has pointers below 1024 */
enum { MAX_POINTER = 1024, COPY_BLOCK = 65536 };
static const char pointer_head[] = "version https://git-lfs.github.com/spec/v1\n";

struct hook {
    struct scan_args *args;
    const char *lfs;
    size_t refused, scanned;
};
struct blob {
    FILE *bytes;
    uint64_t size;
    bool pointer;
    char oid[65];
    uint8_t sha256[32];
};

/* --- one line a file ------------------------------------------------------------------ */

static const struct finding *worst_of(const struct file_report *f)
{
    const struct finding *worst = NULL;
    for (size_t i = 0; i < f->num_findings; i++) {
        const struct finding *one = &f->findings[i];
        if (one->waived == NULL && (worst == NULL || one->rule->severity > worst->rule->severity)) {
            worst = one;
        }
    }
    return worst;
}

static void refuse(struct hook *h, const char *path, const char *what, const char *why,
                   const char *more)
{
    h->refused++;
    complain(0, "refused: %s: %s: %s%s%s", path, what, why, more[0] != 0 ? ": " : "", more);
}

static void judge(struct hook *h, const char *path, const struct report *r)
{
    int code = exit_code(r, h->args->scan.fail_on);
    const struct file_report *f = r->num_files > 0 ? &r->files[0] : NULL;
    const struct finding *worst = f != NULL ? worst_of(f) : NULL;
    h->scanned++;
    if (code == EXIT_FINDING && worst != NULL) {
        refuse(h, path, verdict_name(r->verdict), worst->rule->id, worst->rule->title);
    } else if (code != EXIT_CLEAN) {
        refuse(h, path, verdict_name(r->verdict),
               f != NULL && f->num_gaps > 0 ? f->gaps[0].reason : "not read whole", "");
    }
}

/* --- LFS -------------------------------------------------------------------------------- */

/* "oid sha256:HEX" behind the version line. What only looks like a pointer is a file like any
 * other. */
static void read_pointer(struct blob *b)
{
    char text[MAX_POINTER + 1];
    size_t n = fread(text, 1, MAX_POINTER, b->bytes);
    text[n] = 0;
    const char *oid = strncmp(text, pointer_head, sizeof pointer_head - 1) == 0
                          ? strstr(text, "\noid sha256:")
                          : NULL;
    b->pointer = oid != NULL && b->size < MAX_POINTER && hex_digits(oid + 12) == 64
                 && hex_decode_start(oid + 12, b->sha256, 32);
    if (b->pointer) {
        memcpy(b->oid, oid + 12, 64);
        b->oid[64] = 0;
    }
}

/* aa/bb/aabb..., as git-lfs keeps them, or aa/bb/rest, as Gitea and Forgejo do. */
static int open_object(const struct hook *h, const char *oid)
{
    char path[PATH_MAX];
    int fd = -1;
    for (int form = 0; fd < 0 && form < 2; form++) {
        int n = snprintf(path, sizeof path, "%s/%.2s/%.2s/%s", h->lfs, oid, oid + 2,
                         oid + (form == 0 ? 0 : 4));
        fd = n > 0 && n < (int)sizeof path
                 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
                 : -1;
    }
    return fd;
}

/* The digest is what the pointer says, and what every client checks when it downloads. */
static bool scan_object(struct hook *h, const struct blob *b, const char *path, struct report *r,
                        bool *judged)
{
    bool known = false;
    *judged = false;
    if (h->args->scan.memory != NULL
        && (scan_remembered(r, &h->args->scan, b->sha256, path, &known) || known)) {
        return known;
    }
    int fd = open_object(h, b->oid);
    if (fd < 0) {
        refuse(h, path, "incomplete", "its LFS object is not here", "");
        *judged = true;
        return true;
    }
    bool ok = scan_found_fd(r, &h->args->scan, fd, path);
    close(fd);
    const struct file_report *f = ok ? &r->files[r->num_files - 1] : NULL;
    if (f != NULL && (!f->hashed || memcmp(f->sha256, b->sha256, 32) != 0)) {
        refuse(h, path, "malicious", "its LFS object is not the one that the pointer names", "");
        *judged = true;
    }
    return ok;
}

/* --- blobs ------------------------------------------------------------------------------------ */

static bool scan_blob(struct hook *h, const struct blob *b, const char *path)
{
    struct report *r = scan_begin(&h->args->scan);
    const char *name = path[0] != 0 ? path : "a blob without a name";
    bool judged = false;
    bool ok = r != NULL
              && (b->pointer ? scan_object(h, b, name, r, &judged)
                             : scan_found_fd(r, &h->args->scan, fileno(b->bytes), name));
    if (ok && !judged) {
        scan_end(r);
        judge(h, name, r);
    }
    report_free(r);
    return ok;
}

/* size bytes and the newline behind them; into nothing when to is NULL. */
static bool copy(FILE *from, FILE *to, uint64_t size)
{
    char block[COPY_BLOCK];
    while (size > 0) {
        size_t want = size < sizeof block ? (size_t)size : sizeof block,
               n = fread(block, 1, want, from);
        if (n == 0 || (to != NULL && fwrite(block, 1, n, to) != n)) {
            return false;
        }
        size -= n;
    }
    return fgetc(from) == '\n' && (to == NULL || (fflush(to) == 0 && fseek(to, 0, SEEK_SET) == 0));
}

/* "ID blob SIZE"; what is no blob is passed over. */
static bool next_blob(FILE *batch, const char *id, struct blob *b, bool *is_blob)
{
    char line[256], type[16] = "";
    unsigned long long size = 0;
    size_t n = strlen(id);
    if (fgets(line, sizeof line, batch) == NULL || strncmp(line, id, n) != 0
        || sscanf(line + n, " %15s %llu", type, &size) != 2) {
        return false;
    }
    *is_blob = strcmp(type, "blob") == 0;
    b->size = size;
    b->bytes = *is_blob ? tmpfile() : NULL;
    return (!*is_blob || b->bytes != NULL) && copy(batch, b->bytes, size);
}

/* All names of blob i; *i is then the next. */
static bool scan_names(struct hook *h, FILE *batch, const struct pushed *p, size_t *i)
{
    struct blob b = { 0 };
    bool is_blob = false;
    size_t first = *i;
    bool ok = next_blob(batch, p->blobs[first].id, &b, &is_blob);
    if (ok && is_blob) {
        read_pointer(&b);
    }
    for (; *i < p->n && strcmp(p->blobs[*i].id, p->blobs[first].id) == 0; ++*i) {
        ok = ok && (!is_blob || scan_blob(h, &b, p->blobs[*i].path));
    }
    if (b.bytes != NULL) {
        fclose(b.bytes);
    }
    return ok;
}

static int scan_push(struct hook *h)
{
    struct pushed p;
    const char *why = NULL;
    int pid = -1;
    bool ok = pushed_read(stdin, &p, &why);
    FILE *batch = ok ? pushed_open(&p, &pid, &why) : NULL;
    ok = batch != NULL;
    for (size_t i = 0; ok && i < p.n && cancelled == 0;) {
        ok = scan_names(h, batch, &p, &i);
        why = "a pushed object could not be read";
    }
    if (batch != NULL) {
        ok = pushed_close(batch, pid) && ok;
    }
    pushed_done(&p);
    if (!ok) {
        return complain(EXIT_INCOMPLETE, "refused: %s", why);
    }
    return h->refused > 0
               ? complain(EXIT_FINDING,
                          "refused: %zu of %zu pushed files; nothing of the push was taken",
                          h->refused, h->scanned)
               : 0;
}

/* git runs hooks in the repository, with GIT_DIR set. */
int cmd_hook(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    char here[PATH_MAX];
    const char *dir = getenv("GIT_DIR"), *lfs = getenv("MODELASSAY_LFS");
    if (argc < 2 || strcmp(argv[1], "pre-receive") != 0) {
        return complain(EXIT_USAGE, "usage: modelassay hook pre-receive [OPTIONS]");
    }
    int code = scan_args_parse(&a, argc - 1, argv + 1, &stop);
    snprintf(here, sizeof here, "%s/lfs/objects", dir != NULL ? dir : ".");
    struct hook h = { .args = &a, .lfs = lfs != NULL ? lfs : here };
    if (code == 0 && !stop) {
        code = scan_push(&h);
    }
    scan_args_done(&a);
    return code;
}
