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
#define BATCH 8u /* blocks that are announced together: waking a process costs */
#ifndef F_SEAL_FUTURE_WRITE
#    define F_SEAL_FUTURE_WRITE 0x0010 /* linux/fcntl.h; Linux 5.1 */
#endif

static uint8_t *block_at(uint8_t *memory, uint64_t block)
{
    return memory + (size_t)(block % SHARED_RING_BLOCKS) * SLOT + SHARED_RING_HEADROOM;
}

/* --- the parent -------------------------------------------------------------------- */

static bool map_and_seal(struct shared_ring *r)
{
    r->fd = memfd_create("modelassay-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (r->fd < 0 || ftruncate(r->fd, (off_t)BYTES_ALL) != 0) {
        return false;
    }
    void *p = mmap(NULL, BYTES_ALL, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    r->memory = p != MAP_FAILED ? p : NULL;
    /* No worker inherits the map: neither that of its own file nor that of another. */
    r->sealed = r->memory != NULL
                && fcntl(r->fd, F_ADD_SEALS,
                         F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
                       == 0;
    return r->memory != NULL && madvise(r->memory, BYTES_ALL, MADV_DONTFORK) == 0;
}

bool ring_create(struct shared_ring *r, const volatile int *cancelled)
{
    int pair[2];
    *r = (struct shared_ring){
        .fd = -1, .parent_end = -1, .worker_end = -1, .cancelled = cancelled
    };
    if (!map_and_seal(r) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    r->parent_end = pair[0];
    r->worker_end = pair[1];
    return true;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void ring_worker_started(struct shared_ring *r, time_t deadline)
{
    r->deadline = deadline;
    close_fd(&r->worker_end);
    close_fd(&r->fd);
}

/* A count is one byte; there are never more on the way than blocks, so that sending never
 * blocks. */
static void announce_blocks(struct shared_ring *r)
{
    uint8_t n = (uint8_t)(r->produced - r->announced);
    if (n > 0 && !r->broken) {
        r->broken = send(r->parent_end, &n, 1, MSG_NOSIGNAL) != 1;
        r->announced = r->produced;
    }
}

/* Adds the counts that the worker sent. Returns false when it exited, or a count is impossible. */
static bool recv_credits(struct shared_ring *r)
{
    uint8_t counts[SHARED_RING_BLOCKS];
    ssize_t n = read(r->parent_end, counts, sizeof counts);
    for (ssize_t i = 0; i < n; i++) {
        r->consumed += counts[i];
    }
    r->protocol_error = r->consumed > r->announced;
    return (n > 0 || (n < 0 && errno == EINTR)) && !r->protocol_error;
}

static bool wait_for_space(struct shared_ring *r)
{
    struct pollfd p = { .fd = r->parent_end, .events = POLLIN };
    while (r->produced - r->consumed == SHARED_RING_BLOCKS) {
        bool cancelled = r->cancelled != NULL && *r->cancelled != 0;
        if (cancelled || clock_seconds() > r->deadline) {
            return false;
        }
        int ready = poll(&p, 1, 500);
        bool failed = ready < 0 && errno != EINTR;
        if (failed || (ready > 0 && !recv_credits(r))) {
            return false;
        }
    }
    return true;
}

uint8_t *ring_reserve(void *shared_ring)
{
    struct shared_ring *r = shared_ring;
    if (!r->broken && r->produced - r->consumed == SHARED_RING_BLOCKS) {
        announce_blocks(r);
        r->broken = r->broken || !wait_for_space(r);
    }
    return r->broken ? NULL : block_at(r->memory, r->produced);
}

void ring_commit(void *shared_ring)
{
    struct shared_ring *r = shared_ring;
    r->produced++;
    if (r->produced - r->announced >= BATCH) {
        announce_blocks(r);
    }
}

void ring_finish(struct shared_ring *r)
{
    announce_blocks(r);
    shutdown(r->parent_end, SHUT_WR);
}

void ring_free(struct shared_ring *r)
{
    if (r->memory != NULL) {
        munmap(r->memory, BYTES_ALL);
        r->memory = NULL;
    }
    close_fd(&r->fd);
    close_fd(&r->parent_end);
    close_fd(&r->worker_end);
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

uint8_t *ring_next(void *consumer, size_t n)
{
    struct ring_consumer *t = consumer;
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
    return n <= SHARED_RING_BLOCK ? block_at(t->memory, t->next++) : NULL;
}
