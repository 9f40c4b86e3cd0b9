/* shared_ring.h - shared-memory ring that carries the blocks of a file from the parent, which reads
 * and hashes them, to a worker.
 *
 *   parent   ring_reserve -> read into it -> ring_commit -> hash it
 *   worker   ring_next: the block where it lies, until the next call
 *
 * The memory is a sealed memfd: the parent's map was writable before the seal
 * (F_SEAL_FUTURE_WRITE, fcntl(2)), and a worker can only have a private one, whatever becomes of
 * it: no other process sees what it writes there (the search writes in front of a block). So the
 * worker searches what the parent hashes. Over a socket pair each side sends how many blocks it
 * put or took; when one side ends, so does its socket. The worker's counts are checked: an
 * inconsistent count closes the ring. */
#ifndef MA_SANDBOX_SHARED_RING_H
#define MA_SANDBOX_SHARED_RING_H
#include "../input/file_input.h"

#include <signal.h>
#include <time.h>

#define SHARED_RING_BLOCK INPUT_BLOCK
#define SHARED_RING_HEADROOM                                                                       \
    4096u /* bytes in front of each block: a page that a worker writes to */
#define SHARED_RING_BLOCKS 16u /* 2 MiB */

struct shared_ring {
    uint8_t *memory; /* the parent's map */
    int fd; /* the memfd */
    int parent_end; /* of the socket pair */
    int worker_end; /* of the socket pair */
    uint64_t produced; /* blocks put into the ring */
    uint64_t announced; /* of those, blocks that the worker knows of */
    uint64_t consumed; /* of those, blocks that the worker has given back */
    const volatile int *cancelled; /* not zero: stop waiting; may be NULL */
    time_t deadline; /* clock_seconds() after which the parent waits no more */
    bool
        sealed; /* else the kernel has no such seal, and the worker gets copies of what is hashed */
    bool broken; /* the worker exited, is late, or sent an impossible count */
    bool protocol_error; /* it sent an impossible count */
};
/* --- the parent --- */

/* ring_create makes the memory and the socket pair. Returns false when the system has none;
 * ring_free is right in either case. */
bool ring_create(struct shared_ring *r, const volatile int *cancelled);
/* ring_worker_started closes the worker's ends, after the fork. */
void ring_worker_started(struct shared_ring *r, time_t deadline);
/* ring_reserve, ring_commit: for hash_hooks; their argument is a struct shared_ring. ring_reserve
 * waits for a free block and returns it, or NULL when the worker takes no more. */
uint8_t *ring_reserve(void *shared_ring);
void ring_commit(void *shared_ring);
/* ring_finish announces that no more blocks will come. */
void ring_finish(struct shared_ring *r);
void ring_free(struct shared_ring *r);

/* --- the worker --- */

struct ring_consumer {
    uint8_t *memory;
    int sock;
    uint64_t next; /* block to take */
    uint64_t available; /* blocks that were announced */
    uint64_t pending_credits; /* blocks taken that the parent does not know of */
};
/* ring_attach maps the memory, after which fd may be closed; sock is the number that the worker's
 * end will have. Returns false when it cannot be mapped. */
bool ring_attach(struct ring_consumer *consumer, int fd, int sock);
/* ring_next is for file_input.next: it returns the next block, of n bytes; consumer is a struct
 * ring_consumer. */
uint8_t *ring_next(void *consumer, size_t n);
#endif
