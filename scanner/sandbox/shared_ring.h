/* shared_ring.h - blocks of a file on their way from the process that reads and hashes them to a worker.
 *
 *   parent   belt_room -> read into it -> belt_put -> hash it
 *   worker   belt_next: the block where it lies, until the next call
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

#define BELT_BLOCK FEED_BLOCK
#define BELT_ROOM                                                                                  \
    4096u /* in front of each, a page of its own: it alone is written to by a worker */
#define BELT_BLOCKS 16u /* 2 MiB on the way */

struct belt {
    uint8_t *memory; /* the parent's map */
    int fd, ours, theirs; /* memfd; ends of the socket pair */
    uint64_t put, told, freed; /* blocks: on the belt, said so, free again */
    const volatile int *cancelled; /* may be NULL */
    time_t deadline; /* child_clock(); after it nobody is waited for */
    bool sealed; /* else the kernel has no such seal: the worker gets copies of what is hashed */
    bool broken, lied; /* the worker is gone, late, or says what cannot be */
};
/* --- the parent --- */
bool belt_make(struct belt *b, const volatile int *cancelled);
/* after the fork: what is the worker's is closed */
void belt_started(struct belt *b, time_t deadline);
/* Where the next block goes; NULL: nobody takes it any more.  belt is a struct belt. */
uint8_t *belt_room(void *belt);
void belt_put(void *belt);
void belt_end(struct belt *b); /* nothing more comes */
void belt_done(struct belt *b); /* frees what there is; also after a failed belt_make */
/* --- the worker --- */
struct belt_taker {
    uint8_t *memory;
    int sock;
    uint64_t next, there, unsaid;
};
/* Maps the memory, whose descriptor is needed no more; sock is where theirs will be. */
bool belt_join(struct belt_taker *t, int fd, int sock);
/* As feed.next: the next n bytes, which are one block. */
uint8_t *belt_next(void *taker, size_t n);
#endif
