/* cmd_hook.c - the command hook pre-receive: refuses a git push that contains a file that should
 * not be loaded.
 *
 * Each new blob is scanned under each of its new names; for an LFS pointer the object that it
 * names is scanned. */
#include "cli.h"
#include "git_attributes.h"
#include "git_push_files.h"
#include "lfs_pointer.h"
#include "../util/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BLOCK = 65536 };

struct hook {
    struct scan_args *args;
    /* Folder of LFS objects. */
    const char *lfs;
    size_t num_refused, num_scanned;
};

struct blob {
    /* A temporary file. */
    FILE *bytes;
    uint64_t size;
    enum lfs_form form;
    /* Digest in a canonical LFS pointer, as text and as bytes. */
    char oid[65];
    uint8_t sha256[32];
};

/* --- one line a file ------------------------------------------------------------------ */

static const struct finding *worst_finding(const struct report *r)
{
    const struct finding *worst = NULL;
    if (r->num_files == 0) {
        return NULL;
    }

    const struct file_report *f = &r->files[0];
    for (size_t i = 0; i < f->num_findings; i++) {
        const struct finding *one = &f->findings[i];
        if (one->waived == NULL && (worst == NULL || one->rule->severity > worst->rule->severity)) {
            worst = one;
        }
    }
    return worst;
}

static const char *first_gap(const struct report *r)
{
    if (r->num_files > 0 && r->files[0].num_gaps > 0) {
        return r->files[0].gaps[0].reason;
    }
    return "not read completely";
}

/* detail may be empty. */
static void refuse(struct hook *h, const char *path, const char *verdict, const char *why,
                   const char *detail)
{
    const char *colon = detail[0] != 0 ? ": " : "";
    h->num_refused++;
    complain(0, "refused: %s: %s: %s%s%s", path, verdict, why, colon, detail);
}

/* Refuses a file by its report of one file. */
static void check_report(struct hook *h, const char *path, const struct report *r)
{
    int code = exit_code(r, h->args->scan.fail_on);
    const struct finding *worst = worst_finding(r);
    if (code == EXIT_FINDING && worst != NULL) {
        refuse(h, path, verdict_name(r->verdict), worst->rule->id, worst->rule->title);
    } else if (code != EXIT_CLEAN) {
        refuse(h, path, verdict_name(r->verdict), first_gap(r), "");
    }
}

/* --- LFS -------------------------------------------------------------------------------- */

static void read_pointer(struct blob *b)
{
    uint8_t head[LFS_MAX_POINTER];
    size_t n = fread(head, 1, sizeof head, b->bytes);

    b->form = lfs_pointer_read((struct bytes){ head, n }, b->size, b->oid);
    if (b->form == LFS_CANONICAL && !hex_decode(b->oid, b->sha256, 32)) {
        b->form = LFS_NOT_CANONICAL;
    }
}

static int open_below(const struct hook *h, const char *oid, const char *name)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%.2s/%.2s/%s", h->lfs, oid, oid + 2, name);
    if (n <= 0 || n >= (int)sizeof path) {
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

/* git-lfs stores objects as aa/bb/aabb..., Gitea and Forgejo as aa/bb/rest. */
static int open_object(const struct hook *h, const char *oid)
{
    int fd = open_below(h, oid, oid);
    if (fd < 0) {
        fd = open_below(h, oid, oid + 4);
    }
    return fd;
}

/* Adds the object of a pointer to r. The digest is that of the pointer, which every client compares
 * when it downloads. *refused: the object was refused without a report. */
static bool scan_object(struct hook *h, const struct blob *b, const char *path, struct report *r,
                        bool *refused)
{
    bool known = false;
    if (h->args->scan.cache != NULL
        && (scan_cached(r, &h->args->scan, b->sha256, path, &known) || known)) {
        return known;
    }

    int fd = open_object(h, b->oid);
    if (fd < 0) {
        refuse(h, path, "incomplete", "its LFS object is not here", "");
        *refused = true;
        return true;
    }

    bool ok = scan_found_fd(r, &h->args->scan, fd, path);
    close(fd);
    if (!ok) {
        return false;
    }

    const struct file_report *f = &r->files[r->num_files - 1];
    if (!f->hashed || memcmp(f->sha256, b->sha256, 32) != 0) {
        refuse(h, path, "malicious", "its LFS object is not the one that the pointer names", "");
        *refused = true;
    }
    return true;
}

/* --- blobs ------------------------------------------------------------------------------------ */

/* Refuses a blob for which a checkout would write other bytes than those that can be scanned. */
static bool refuse_form(struct hook *h, const struct blob *b, const char *path)
{
    if (b->form == LFS_NOT_CANONICAL) {
        refuse(h, path, "incomplete", "an LFS pointer that is not in canonical form",
               "add the file again with git-lfs, without extensions");
        return true;
    }

    if (!git_attributes_is_file(path)) {
        return false;
    }

    rewind(b->bytes);
    const char *attribute = git_attributes_find_rewrite(b->bytes);
    if (attribute == NULL) {
        return false;
    }

    refuse(h, path, "incomplete",
           "with this attribute a checkout has other bytes than those that were scanned",
           attribute);
    return true;
}

static bool scan_blob(struct hook *h, const struct blob *b, const char *path)
{
    const char *name = path[0] != 0 ? path : "a blob without a name";
    bool refused = false;
    bool ok;

    h->num_scanned++;
    if (refuse_form(h, b, name)) {
        return true;
    }

    struct report *r = scan_begin(&h->args->scan);
    if (r == NULL) {
        return false;
    }
    if (b->form == LFS_CANONICAL) {
        ok = scan_object(h, b, name, r, &refused);
    } else {
        ok = scan_found_fd(r, &h->args->scan, fileno(b->bytes), name);
    }

    if (ok && !refused) {
        scan_end(r);
        check_report(h, name, r);
    }

    report_free(r);
    return ok;
}

/* Copies size bytes and reads the newline after them; to may be NULL. */
static bool copy_object(FILE *from, FILE *to, uint64_t size)
{
    char block[COPY_BLOCK];
    while (size > 0) {
        size_t want = size < sizeof block ? (size_t)size : sizeof block;
        size_t n = fread(block, 1, want, from);
        if (n == 0 || (to != NULL && fwrite(block, 1, n, to) != n)) {
            return false;
        }
        size -= n;
    }

    if (fgetc(from) != '\n') {
        return false;
    }
    return to == NULL || (fflush(to) == 0 && fseek(to, 0, SEEK_SET) == 0);
}

/* Reads the next object: "ID TYPE SIZE" and its bytes. b->bytes is NULL for one that is not a
 * blob. */
static bool next_object(FILE *batch, const char *id, struct blob *b)
{
    char line[256];
    char type[16] = "";
    unsigned long long size = 0;
    size_t n = strlen(id);

    if (fgets(line, sizeof line, batch) == NULL || strncmp(line, id, n) != 0
        || sscanf(line + n, " %15s %llu", type, &size) != 2) {
        return false;
    }

    b->size = size;
    if (strcmp(type, "blob") == 0) {
        b->bytes = tmpfile();
        if (b->bytes == NULL) {
            return false;
        }
    }
    return copy_object(batch, b->bytes, size);
}

/* Scans a blob under all its names; first is the index of the first name, *next that after the
 * last. */
static bool scan_names(struct hook *h, FILE *batch, const struct pushed *p, size_t first,
                       size_t *next)
{
    const char *id = p->blobs[first].id;
    struct blob b = { 0 };
    size_t i = first;
    bool ok = next_object(batch, id, &b);

    if (ok && b.bytes != NULL) {
        read_pointer(&b);
    }

    for (; i < p->n && strcmp(p->blobs[i].id, id) == 0; i++) {
        ok = ok && (b.bytes == NULL || scan_blob(h, &b, p->blobs[i].path));
    }

    *next = i;

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
    FILE *batch = NULL;
    bool ok = pushed_read(stdin, &p, &why);

    if (ok) {
        batch = pushed_open(&p, &pid, &why);
        ok = batch != NULL;
    }

    for (size_t i = 0; ok && i < p.n && cancelled == 0;) {
        ok = scan_names(h, batch, &p, i, &i);
        why = "a pushed object could not be read";
    }

    if (batch != NULL) {
        ok = pushed_close(batch, pid) && ok;
    }

    pushed_done(&p);

    if (!ok) {
        return complain(EXIT_INCOMPLETE, "refused: %s", why);
    }
    if (h->num_refused > 0) {
        return complain(EXIT_FINDING,
                        "refused: %zu of %zu pushed files; nothing of the push was accepted",
                        h->num_refused, h->num_scanned);
    }
    return 0;
}

/* git runs hooks in the repository, with GIT_DIR set. */
int cmd_hook(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    char here[PATH_MAX];
    const char *dir = getenv("GIT_DIR");
    const char *lfs = getenv("MODELASSAY_LFS");

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
