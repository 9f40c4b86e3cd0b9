#include "shared_ring.h"

#include "worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOT ((size_t)BELT_ROOM + BELT_BLOCK)
#define BYTES_ALL (SLOT * BELT_BLOCKS)
#define BATCH 8u /* blocks that are spoken of together: waking somebody costs */
#ifndef F_SEAL_FUTURE_WRITE
#    define F_SEAL_FUTURE_WRITE 0x0010 /* linux/fcntl.h; Linux 5.1 */
#endif

static uint8_t *place(uint8_t *memory, uint64_t block)
{
    return memory + (size_t)(block % BELT_BLOCKS) * SLOT + BELT_ROOM;
}

/* --- the parent -------------------------------------------------------------------- */

static bool map_and_seal(struct belt *b)
{
    b->fd = memfd_create("modelassay-belt", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (b->fd < 0 || ftruncate(b->fd, (off_t)BYTES_ALL) != 0) {
        return false;
    }
    void *p = mmap(NULL, BYTES_ALL, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
    b->memory = p != MAP_FAILED ? p : NULL;
    /* No worker inherits the map: not its own, and not that of another file. */
    b->sealed = b->memory != NULL
                && fcntl(b->fd, F_ADD_SEALS,
                         F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
                       == 0;
    return b->memory != NULL && madvise(b->memory, BYTES_ALL, MADV_DONTFORK) == 0;
}

bool belt_make(struct belt *b, const volatile int *cancelled)
{
    int pair[2];
    *b = (struct belt){ .fd = -1, .ours = -1, .theirs = -1, .cancelled = cancelled };
    if (!map_and_seal(b) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    b->ours = pair[0];
    b->theirs = pair[1];
    return true;
}

static void shut(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void belt_started(struct belt *b, time_t deadline)
{
    b->deadline = deadline;
    shut(&b->theirs);
    shut(&b->fd);
}

/* Counts go as one byte each; there are never more on the way than blocks, so nobody waits. */
static void tell(struct belt *b)
{
    uint8_t n = (uint8_t)(b->put - b->told);
    if (n > 0 && !b->broken) {
        b->broken = send(b->ours, &n, 1, MSG_NOSIGNAL) != 1;
        b->told = b->put;
    }
}

/* Some counts that the worker sent; false: it is gone, or it lies. */
static bool hear(struct belt *b)
{
    uint8_t counts[BELT_BLOCKS];
    ssize_t n = read(b->ours, counts, sizeof counts);
    for (ssize_t i = 0; i < n; i++) {
        b->freed += counts[i];
    }
    b->lied = b->freed > b->told;
    return (n > 0 || (n < 0 && errno == EINTR)) && !b->lied;
}

static bool wait_for_room(struct belt *b)
{
    struct pollfd p = { .fd = b->ours, .events = POLLIN };
    while (b->put - b->freed == BELT_BLOCKS) {
        bool late = child_clock() > b->deadline || (b->cancelled != NULL && *b->cancelled != 0);
        int ready = late ? -1 : poll(&p, 1, 500);
        if (late || (ready < 0 && errno != EINTR) || (ready > 0 && !hear(b))) {
            return false;
        }
    }
    return true;
}

uint8_t *belt_room(void *belt)
{
    struct belt *b = belt;
    if (!b->broken && b->put - b->freed == BELT_BLOCKS) {
        tell(b);
        b->broken = b->broken || !wait_for_room(b);
    }
    return b->broken ? NULL : place(b->memory, b->put);
}

void belt_put(void *belt)
{
    struct belt *b = belt;
    b->put++;
    if (b->put - b->told >= BATCH) {
        tell(b);
    }
}

void belt_end(struct belt *b)
{
    tell(b);
    shutdown(b->ours, SHUT_WR);
}

void belt_done(struct belt *b)
{
    if (b->memory != NULL) {
        munmap(b->memory, BYTES_ALL);
        b->memory = NULL;
    }
    shut(&b->fd);
    shut(&b->ours);
    shut(&b->theirs);
}

/* --- the worker -------------------------------------------------------------------- */

bool belt_join(struct belt_taker *t, int fd, int sock)
{
    void *p = mmap(NULL, BYTES_ALL, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    *t = (struct belt_taker){ .memory = p, .sock = sock };
    return p != MAP_FAILED;
}

static bool say(struct belt_taker *t)
{
    uint8_t n = (uint8_t)t->unsaid;
    t->unsaid = 0;
    return n == 0 || write(t->sock, &n, 1) == 1;
}

uint8_t *belt_next(void *taker, size_t n)
{
    struct belt_taker *t = taker;
    uint8_t more;
    t->unsaid += t->next > 0; /* the block before this one */
    if (t->unsaid >= BATCH && !say(t)) {
        return NULL;
    }
    if (t->next == t->there) {
        if (!say(t) || read(t->sock, &more, 1) != 1) {
            return NULL;
        }
        t->there += more;
    }
    return n <= BELT_BLOCK ? place(t->memory, t->next++) : NULL;
}
