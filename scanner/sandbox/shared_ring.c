#include "shared_ring.h"

#include "worker_process.h"
#include "../util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOT ((size_t)SHARED_RING_HEADROOM + SHARED_RING_BLOCK)
#define BYTES_ALL (SLOT * SHARED_RING_BLOCKS)
#define BATCH 8u /* blocks that are spoken of together: waking somebody costs */
#ifndef F_SEAL_FUTURE_WRITE
#    define F_SEAL_FUTURE_WRITE 0x0010 /* linux/fcntl.h; Linux 5.1 */
#endif

static uint8_t *place(uint8_t *memory, uint64_t block)
{
    return memory + (size_t)(block % SHARED_RING_BLOCKS) * SLOT + SHARED_RING_HEADROOM;
}

/* --- the parent -------------------------------------------------------------------- */

static bool map_and_seal(struct shared_ring *b)
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

bool ring_create(struct shared_ring *b, const volatile int *cancelled)
{
    int pair[2];
    *b = (struct shared_ring){
        .fd = -1, .parent_end = -1, .worker_end = -1, .cancelled = cancelled
    };
    if (!map_and_seal(b) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    b->parent_end = pair[0];
    b->worker_end = pair[1];
    return true;
}

static void shut(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void ring_worker_started(struct shared_ring *b, time_t deadline)
{
    b->deadline = deadline;
    shut(&b->worker_end);
    shut(&b->fd);
}

/* Counts go as one byte each; there are never more on the way than blocks, so nobody waits. */
static void announce_blocks(struct shared_ring *b)
{
    uint8_t n = (uint8_t)(b->produced - b->announced);
    if (n > 0 && !b->broken) {
        b->broken = send(b->parent_end, &n, 1, MSG_NOSIGNAL) != 1;
        b->announced = b->produced;
    }
}

/* Some counts that the worker sent; false: it is gone, or it lies. */
static bool recv_credits(struct shared_ring *b)
{
    uint8_t counts[SHARED_RING_BLOCKS];
    ssize_t n = read(b->parent_end, counts, sizeof counts);
    for (ssize_t i = 0; i < n; i++) {
        b->consumed += counts[i];
    }
    b->protocol_error = b->consumed > b->announced;
    return (n > 0 || (n < 0 && errno == EINTR)) && !b->protocol_error;
}

static bool wait_for_space(struct shared_ring *b)
{
    struct pollfd p = { .fd = b->parent_end, .events = POLLIN };
    while (b->produced - b->consumed == SHARED_RING_BLOCKS) {
        bool late = clock_seconds() > b->deadline || (b->cancelled != NULL && *b->cancelled != 0);
        int ready = late ? -1 : poll(&p, 1, 500);
        if (late || (ready < 0 && errno != EINTR) || (ready > 0 && !recv_credits(b))) {
            return false;
        }
    }
    return true;
}

uint8_t *ring_reserve(void *shared_ring)
{
    struct shared_ring *b = shared_ring;
    if (!b->broken && b->produced - b->consumed == SHARED_RING_BLOCKS) {
        announce_blocks(b);
        b->broken = b->broken || !wait_for_space(b);
    }
    return b->broken ? NULL : place(b->memory, b->produced);
}

void ring_commit(void *shared_ring)
{
    struct shared_ring *b = shared_ring;
    b->produced++;
    if (b->produced - b->announced >= BATCH) {
        announce_blocks(b);
    }
}

void ring_finish(struct shared_ring *b)
{
    announce_blocks(b);
    shutdown(b->parent_end, SHUT_WR);
}

void ring_free(struct shared_ring *b)
{
    if (b->memory != NULL) {
        munmap(b->memory, BYTES_ALL);
        b->memory = NULL;
    }
    shut(&b->fd);
    shut(&b->parent_end);
    shut(&b->worker_end);
}

/* --- the worker -------------------------------------------------------------------- */

bool ring_attach(struct ring_consumer *t, int fd, int sock)
{
    void *p = mmap(NULL, BYTES_ALL, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    *t = (struct ring_consumer){ .memory = p, .sock = sock };
    return p != MAP_FAILED;
}

static bool send_credits(struct ring_consumer *t)
{
    uint8_t n = (uint8_t)t->pending_credits;
    t->pending_credits = 0;
    return n == 0 || write(t->sock, &n, 1) == 1;
}

uint8_t *ring_next(void *taker, size_t n)
{
    struct ring_consumer *t = taker;
    uint8_t more;
    t->pending_credits += t->next > 0; /* the block before this one */
    if (t->pending_credits >= BATCH && !send_credits(t)) {
        return NULL;
    }
    if (t->next == t->available) {
        if (!send_credits(t) || read(t->sock, &more, 1) != 1) {
            return NULL;
        }
        t->available += more;
    }
    return n <= SHARED_RING_BLOCK ? place(t->memory, t->next++) : NULL;
}
