/* spool.c - the digest is of what the file gives back, so what is scanned is what was hashed.
 * Large files are hashed by a thread of their own while they grow; it reads what was just
 * written, from memory. */
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
struct spool {
    struct spool_quota *cap;
    struct sha256 sha;
    int fd;
    uint64_t size, taken; /* bytes written; set aside */
    /* The hash: all below is the thread's where there is one, and under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    bool threaded, ended, failed;
    uint64_t written, hashed; /* bytes that the thread may read; that it has read */
};
/* bytes */
enum { BLOCK = 131072, STEP = 1 << 20, THREAD_FROM = 4 << 20, STACK = 131072 };

struct spool_quota *spool_quota_new(const char *folder, uint64_t max_file, uint64_t max_all)
{
    struct spool_quota *r = calloc(1, sizeof *r);
    if (r == NULL || (r->folder = strdup(folder)) == NULL) {
        free(r);
        return NULL;
    }
    r->max_file = max_file;
    r->max_all = max_all;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void spool_quota_free(struct spool_quota *r)
{
    if (r != NULL) {
        pthread_mutex_destroy(&r->lock);
        free(r->folder);
        free(r);
    }
}

uint64_t spool_quota_used(struct spool_quota *r)
{
    pthread_mutex_lock(&r->lock);
    uint64_t used = r->used;
    pthread_mutex_unlock(&r->lock);
    return used;
}

uint64_t spool_quota_max_file(const struct spool_quota *r) { return r->max_file; }

/* The room for s grows to `bytes`. */
static bool quota_reserve(struct spool *s, uint64_t bytes)
{
    struct spool_quota *r = s->cap;
    bool ok = true;
    pthread_mutex_lock(&r->lock);
    if (bytes > s->taken) {
        ok = bytes - s->taken <= r->max_all - r->used;
        r->used += ok ? bytes - s->taken : 0;
        s->taken = ok ? bytes : s->taken;
    }
    pthread_mutex_unlock(&r->lock);
    return ok;
}

/* O_TMPFILE has no name at any time; where the filesystem has none, the name is gone at once. */
static int open_private(const char *folder)
{
    char name[4096];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)
        || snprintf(name, sizeof name, "%s/modelassay-XXXXXX", folder) >= (int)sizeof name) {
        return fd;
    }
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
    }
    return fd;
}

struct spool *spool_new(struct spool_quota *r, uint64_t declared_bytes, enum spool_end *end)
{
    struct spool *s = calloc(1, sizeof *s);
    *end = SPOOL_FAILED;
    if (s == NULL) {
        return NULL;
    }
    s->cap = r;
    s->fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    if (declared_bytes > r->max_file) {
        *end = SPOOL_TOO_LARGE;
    } else if (!quota_reserve(s, declared_bytes)) {
        *end = SPOOL_BUSY;
    } else if ((s->fd = open_private(r->folder)) < 0) {
        *end = errno == ENOSPC ? SPOOL_FULL : SPOOL_FAILED;
    } else {
        sha256_begin(&s->sha);
        *end = SPOOL_OK;
        return s;
    }
    spool_free(s);
    return NULL;
}

/* --- the hash -------------------------------------------------------------------------- */

static bool hash_up_to(struct spool *s, uint64_t from, uint64_t end)
{
    uint8_t *block = malloc(BLOCK);
    bool ok = block != NULL;
    while (ok && from < end) {
        size_t n = end - from < BLOCK ? (size_t)(end - from) : BLOCK;
        ok = pread_all(s->fd, from, block, n);
        sha256_add(&s->sha, block, ok ? n : 0);
        from += n;
    }
    free(block);
    return ok;
}

static void *hash_all(void *ctx)
{
    struct spool *s = ctx;
    pthread_mutex_lock(&s->lock);
    while (!s->failed && (!s->ended || s->hashed < s->written)) {
        uint64_t from = s->hashed, end = s->written;
        if (from == end) {
            pthread_cond_wait(&s->more, &s->lock);
            continue;
        }
        pthread_mutex_unlock(&s->lock);
        bool ok = hash_up_to(s, from, end);
        pthread_mutex_lock(&s->lock);
        s->hashed = end;
        s->failed = s->failed || !ok;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void start_thread(struct spool *s)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    /* without it spool_finish hashes */
    s->threaded = pthread_create(&s->thread, &attr, hash_all, s) == 0;
    pthread_attr_destroy(&attr);
}

/* Steps of a megabyte: nobody is woken for less. */
static void let_hash(struct spool *s)
{
    if (!s->threaded && s->size >= THREAD_FROM && s->written == 0) {
        start_thread(s);
    }
    if (s->threaded && s->size - s->written >= STEP) {
        pthread_mutex_lock(&s->lock);
        s->written = s->size;
        pthread_cond_signal(&s->more);
        pthread_mutex_unlock(&s->lock);
    }
}

static void end_thread(struct spool *s, bool wanted)
{
    if (s->threaded) {
        pthread_mutex_lock(&s->lock);
        s->ended = true;
        s->failed = s->failed || !wanted;
        s->written = s->size;
        pthread_cond_signal(&s->more);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
        s->threaded = false;
    }
}

/* --- bytes ----------------------------------------------------------------------------- */

enum spool_end spool_write(struct spool *s, const void *from, size_t n)
{
    uint64_t size;
    if (!add_u64(s->size, n, &size) || size > s->cap->max_file) {
        return SPOOL_TOO_LARGE;
    }
    if (!quota_reserve(s, size)) {
        return SPOOL_BUSY;
    }
    if (!io_write_all(s->fd, from, n)) {
        return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? SPOOL_FULL : SPOOL_FAILED;
    }
    s->size = size;
    let_hash(s);
    return SPOOL_OK;
}

bool spool_finish(struct spool *s, uint8_t sha256[32])
{
    end_thread(s, true);
    bool ok = !s->failed && hash_up_to(s, s->hashed, s->size);
    if (ok) {
        sha256_end(&s->sha, sha256);
    }
    return ok;
}

int spool_fd(const struct spool *s) { return s->fd; }
uint64_t spool_size(const struct spool *s) { return s->size; }

void spool_free(struct spool *s)
{
    if (s != NULL) {
        end_thread(s, false);
        pthread_mutex_destroy(&s->lock);
        pthread_cond_destroy(&s->more);
        pthread_mutex_lock(&s->cap->lock);
        s->cap->used -= s->taken;
        pthread_mutex_unlock(&s->cap->lock);
        if (s->fd >= 0) {
            close(s->fd);
        }
        free(s);
    }
}
