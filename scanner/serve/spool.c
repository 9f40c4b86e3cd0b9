#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spool_room { pthread_mutex_t lock; char *folder; uint64_t max_file, max_all, used; };
struct spool { struct spool_room *room; EVP_MD_CTX *md; int fd; uint64_t size, taken; };

struct spool_room *spool_room_new(const char *folder, uint64_t max_file, uint64_t max_all)
{
    struct spool_room *r = calloc(1, sizeof *r);
    if (r == NULL || (r->folder = strdup(folder)) == NULL) {
        free(r);
        return NULL;
    }
    r->max_file = max_file;
    r->max_all = max_all;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void spool_room_free(struct spool_room *r)
{
    if (r != NULL) {
        pthread_mutex_destroy(&r->lock);
        free(r->folder);
        free(r);
    }
}

uint64_t spool_room_used(struct spool_room *r)
{
    pthread_mutex_lock(&r->lock);
    uint64_t used = r->used;
    pthread_mutex_unlock(&r->lock);
    return used;
}

uint64_t spool_room_max_file(const struct spool_room *r) { return r->max_file; }

/* The room for s grows to `bytes`. */
static bool take_room(struct spool *s, uint64_t bytes)
{
    struct spool_room *r = s->room;
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

struct spool *spool_new(struct spool_room *r, uint64_t announced, enum spool_end *end)
{
    struct spool *s = calloc(1, sizeof *s);
    *end = SPOOL_FAILED;
    if (s == NULL) {
        return NULL;
    }
    s->room = r;
    s->fd = -1;
    if (announced > r->max_file) {
        *end = SPOOL_TOO_LARGE;
    } else if (!take_room(s, announced)) {
        *end = SPOOL_BUSY;
    } else if ((s->fd = open_private(r->folder)) < 0) {
        *end = errno == ENOSPC ? SPOOL_NO_ROOM : SPOOL_FAILED;
    } else if ((s->md = EVP_MD_CTX_new()) != NULL && EVP_DigestInit_ex(s->md, EVP_sha256(), NULL) == 1) {
        *end = SPOOL_OK;
        return s;
    }
    spool_free(s);
    return NULL;
}

enum spool_end spool_write(struct spool *s, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint64_t size;
    if (!add_u64(s->size, n, &size) || size > s->room->max_file) {
        return SPOOL_TOO_LARGE;
    }
    if (!take_room(s, size)) {
        return SPOOL_BUSY;
    }
    if (EVP_DigestUpdate(s->md, from, n) != 1) {
        return SPOOL_FAILED;
    }
    while (n > 0) {
        ssize_t w = write(s->fd, p, n);
        if (w < 0 && errno == EINTR) {
            continue;
        }
        if (w <= 0) {
            return w < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) ? SPOOL_NO_ROOM : SPOOL_FAILED;
        }
        p += w;
        n -= (size_t)w;
    }
    s->size = size;
    return SPOOL_OK;
}

bool spool_finish(struct spool *s, uint8_t sha256[32])
{
    return EVP_DigestFinal_ex(s->md, sha256, NULL) == 1;
}

int spool_fd(const struct spool *s)        { return s->fd; }
uint64_t spool_size(const struct spool *s) { return s->size; }

void spool_free(struct spool *s)
{
    if (s != NULL) {
        pthread_mutex_lock(&s->room->lock);
        s->room->used -= s->taken;
        pthread_mutex_unlock(&s->room->lock);
        EVP_MD_CTX_free(s->md);
        if (s->fd >= 0) {
            close(s->fd);
        }
        free(s);
    }
}
