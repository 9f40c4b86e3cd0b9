/* shared_ring.h - blocks of a file on their way from the process that reads and hashes them to a
 * worker.
 *
 *   parent   ring_reserve -> read into it -> ring_commit -> hash it
 *   worker   ring_next: the block where it lies, until the next call
 *
 * The memory is a sealed memfd: the parent's map was writable before the seal
 * (F_SEAL_FUTURE_WRITE, fcntl(2)), a worker can only have a private one, whatever becomes of it:
 * what it writes there (the search, in front of a block) nobody else sees. So what it searches
 * is what the parent hashes. Over a socket pair both say how many blocks they put and took; the
 * end of either side is the end of the socket. What the worker says is checked: one that lies
 * ends its own belt. */
#ifndef MA_SANDBOX_SHARED_RING_H
#define MA_SANDBOX_SHARED_RING_H
#include "../input/file_input.h"

#include <signal.h>
#include <time.h>

#define SHARED_RING_BLOCK INPUT_BLOCK
#define SHARED_RING_HEADROOM                                                                       \
    4096u /* in front of each, a page of its own: it alone is written to by a worker */
#define SHARED_RING_BLOCKS 16u /* 2 MiB on the way */

struct shared_ring {
    uint8_t *memory; /* the parent's map */
    int fd, parent_end, worker_end; /* memfd; ends of the socket pair */
    uint64_t produced, announced, consumed; /* blocks: on the belt, said so, free again */
    const volatile int *cancelled; /* may be NULL */
    time_t deadline; /* clock_seconds(); after it nobody is waited for */
    bool sealed; /* else the kernel has no such seal: the worker gets copies of what is hashed */
    bool broken, protocol_error; /* the worker is gone, late, or says what cannot be */
};
/* --- the parent --- */
bool ring_create(struct shared_ring *b, const volatile int *cancelled);
/* after the fork: what is the worker's is closed */
void ring_worker_started(struct shared_ring *b, time_t deadline);
/* Where the next block goes; NULL: nobody takes it any more.  belt is a struct belt. */
uint8_t *ring_reserve(void *shared_ring);
void ring_commit(void *shared_ring);
void ring_finish(struct shared_ring *b); /* nothing more comes */
void ring_free(struct shared_ring *b); /* frees what there is; also after a failed ring_create */
/* --- the worker --- */
struct ring_consumer {
    uint8_t *memory;
    int sock;
    uint64_t next, available, pending_credits;
};
/* Maps the memory, whose descriptor is needed no more; sock is where theirs will be. */
bool ring_attach(struct ring_consumer *t, int fd, int sock);
/* As feed.next: the next n bytes, which are one block. */
uint8_t *ring_next(void *taker, size_t n);
#endif
