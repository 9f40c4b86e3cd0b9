/* spool.c - the digest is computed from the bytes that are read back from the file: the bytes that
 * are scanned are the bytes that were hashed. A large file is hashed by a thread while it grows;
 * the thread reads what was just written, from the page cache. */
#include "spool.h"

#include "../util/io.h"
#include "../../parsers/base/source.h"
#include "../util/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spool_quota {
    pthread_mutex_t lock;
    char *folder;
    uint64_t max_file, max_all, used;
};
/* The hash of a copy. While its thread runs, all fields are used with the lock held. */
struct spool_hash {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    struct sha256 sha;
    bool has_thread, ended, failed;
    /* Bytes that the thread may read, and bytes that were hashed. */
    uint64_t written, hashed;
};

struct spool {
    struct spool_quota *quota;
    int fd;
    /* Bytes written, and bytes reserved in the quota. */
    uint64_t size, reserved;
    struct spool_hash hash;
};

/* Sizes in bytes. */
enum {
    BLOCK = 131072,
    /* The thread is woken for this many new bytes. */
    STEP = 1 << 20,
    /* Smaller files are hashed at their end, without a thread. */
    THREAD_FROM = 4 << 20,
    STACK = 131072
};

const char *spool_reason(enum spool_end end)
{
    switch (end) {
    case SPOOL_OK: break;
    case SPOOL_TOO_LARGE: return "larger than this gate takes (--max-upload)";
    case SPOOL_BUSY: return "too many bytes wait already";
    case SPOOL_FULL: return "the disk of the spool is full";
    case SPOOL_FAILED: return "the spool cannot be written";
    }
    return "";
}

/* --- the quota ------------------------------------------------------------------------ */

struct spool_quota *spool_quota_new(const char *folder, uint64_t max_file, uint64_t max_all)
{
    struct spool_quota *q = calloc(1, sizeof *q);
    if (q == NULL || (q->folder = strdup(folder)) == NULL) {
        free(q);
        return NULL;
    }
    q->max_file = max_file;
    q->max_all = max_all;
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void spool_quota_free(struct spool_quota *q)
{
    if (q != NULL) {
        pthread_mutex_destroy(&q->lock);
        free(q->folder);
        free(q);
    }
}

uint64_t spool_quota_used(struct spool_quota *q)
{
    pthread_mutex_lock(&q->lock);
    uint64_t used = q->used;
    pthread_mutex_unlock(&q->lock);
    return used;
}

/* Raises what s has reserved to `bytes`. Returns false when the quota does not allow it. */
static bool quota_reserve(struct spool *s, uint64_t bytes)
{
    struct spool_quota *q = s->quota;
    bool ok = true;

    pthread_mutex_lock(&q->lock);
    if (bytes > s->reserved) {
        uint64_t more = bytes - s->reserved;
        ok = more <= q->max_all - q->used;
        if (ok) {
            q->used += more;
            s->reserved = bytes;
        }
    }

    pthread_mutex_unlock(&q->lock);
    return ok;
}

static void quota_release(struct spool *s)
{
    struct spool_quota *q = s->quota;
    pthread_mutex_lock(&q->lock);
    q->used -= s->reserved;
    pthread_mutex_unlock(&q->lock);
}

/* --- new copies ------------------------------------------------------------------------ */

/* Opens a file that has a name for a moment, for file systems without O_TMPFILE. */
static int open_unlinked(const char *folder)
{
    char name[4096];
    if (snprintf(name, sizeof name, "%s/modelassay-XXXXXX", folder) >= (int)sizeof name) {
        return -1;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
    }
    return fd;
}

static int open_private(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        fd = open_unlinked(folder);
    }
    return fd;
}

static void hash_init(struct spool_hash *h)
{
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->more, NULL);
    sha256_begin(&h->sha);
}

static enum spool_end open_spool(struct spool *s, uint64_t declared_bytes)
{
    if (declared_bytes > s->quota->max_file) {
        return SPOOL_TOO_LARGE;
    }
    if (!quota_reserve(s, declared_bytes)) {
        return SPOOL_BUSY;
    }

    s->fd = open_private(s->quota->folder);
    if (s->fd < 0) {
        return errno == ENOSPC ? SPOOL_FULL : SPOOL_FAILED;
    }
    return SPOOL_OK;
}

struct spool *spool_new(struct spool_quota *q, uint64_t declared_bytes, enum spool_end *end)
{
    struct spool *s = calloc(1, sizeof *s);
    if (s == NULL) {
        *end = SPOOL_FAILED;
        return NULL;
    }

    s->quota = q;
    s->fd = -1;
    hash_init(&s->hash);
    *end = open_spool(s, declared_bytes);
    if (*end != SPOOL_OK) {
        spool_free(s);
        return NULL;
    }
    return s;
}

/* --- the hash -------------------------------------------------------------------------- */

/* Adds bytes [from, end) of the file. */
static bool hash_range(struct spool *s, uint64_t from, uint64_t end)
{
    uint8_t *block = malloc(BLOCK);
    bool ok = block != NULL;
    while (ok && from < end) {
        size_t n = end - from < BLOCK ? (size_t)(end - from) : BLOCK;
        ok = pread_all(s->fd, from, block, n);
        if (ok) {
            sha256_add(&s->hash.sha, block, n);
        }
        from += n;
    }

    free(block);
    return ok;
}

static void *hash_thread(void *ctx)
{
    struct spool *s = ctx;
    struct spool_hash *h = &s->hash;

    pthread_mutex_lock(&h->lock);
    while (!h->failed && (!h->ended || h->hashed < h->written)) {
        uint64_t from = h->hashed;
        uint64_t end = h->written;
        if (from == end) {
            pthread_cond_wait(&h->more, &h->lock);
            continue;
        }
        pthread_mutex_unlock(&h->lock);
        bool ok = hash_range(s, from, end);
        pthread_mutex_lock(&h->lock);
        h->hashed = end;
        h->failed = h->failed || !ok;
    }

    pthread_mutex_unlock(&h->lock);
    return NULL;
}

/* Without a thread spool_finish() hashes the file. */
static void start_thread(struct spool *s)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    s->hash.has_thread = pthread_create(&s->hash.thread, &attr, hash_thread, s) == 0;
    pthread_attr_destroy(&attr);
}

static void notify_thread(struct spool *s)
{
    struct spool_hash *h = &s->hash;
    if (!h->has_thread && s->size >= THREAD_FROM && h->written == 0) {
        start_thread(s);
    }
    if (h->has_thread && s->size - h->written >= STEP) {
        pthread_mutex_lock(&h->lock);
        h->written = s->size;
        pthread_cond_signal(&h->more);
        pthread_mutex_unlock(&h->lock);
    }
}

/* Waits for the thread; cancelled: the digest is not needed. */
static void end_thread(struct spool *s, bool cancelled)
{
    struct spool_hash *h = &s->hash;
    if (!h->has_thread) {
        return;
    }

    pthread_mutex_lock(&h->lock);
    h->ended = true;
    h->failed = h->failed || cancelled;
    h->written = s->size;
    pthread_cond_signal(&h->more);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    h->has_thread = false;
}

/* --- bytes ----------------------------------------------------------------------------- */

static bool is_disk_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

enum spool_end spool_write(struct spool *s, const void *from, size_t n)
{
    uint64_t size;
    if (!add_u64(s->size, n, &size) || size > s->quota->max_file) {
        return SPOOL_TOO_LARGE;
    }
    if (!quota_reserve(s, size)) {
        return SPOOL_BUSY;
    }
    if (!io_write_all(s->fd, from, n)) {
        return is_disk_full(errno) ? SPOOL_FULL : SPOOL_FAILED;
    }
    s->size = size;
    notify_thread(s);
    return SPOOL_OK;
}

bool spool_finish(struct spool *s, uint8_t sha256[32])
{
    end_thread(s, false);
    if (s->hash.failed || !hash_range(s, s->hash.hashed, s->size)) {
        return false;
    }
    sha256_end(&s->hash.sha, sha256);
    return true;
}

int spool_fd(const struct spool *s) { return s->fd; }

uint64_t spool_size(const struct spool *s) { return s->size; }

void spool_free(struct spool *s)
{
    if (s == NULL) {
        return;
    }

    end_thread(s, true);
    pthread_mutex_destroy(&s->hash.lock);
    pthread_cond_destroy(&s->hash.more);
    quota_release(s);
    if (s->fd >= 0) {
        close(s->fd);
    }

    free(s);
}
