/* task.h - one file's turn: its worker, and what this process does meanwhile: feeding it, and
 * hashing what it is fed. */
#ifndef MA_SANDBOX_TASK_H
#define MA_SANDBOX_TASK_H
#include "../input/scan_pass.h"
#include "reply.h"
#include "shared_ring.h"
#include "worker_process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct turn {
    struct child child;
    struct answer answer;
    bool started, ended; /* there is a worker; its answer is all here */
    const char *why; /* it has to go, and why */
    int fd;
    uint64_t size;
    struct stat st; /* what it was started on */
    struct feed feed; /* what the worker reads */
    struct belt belt;
    bool belted; /* of a large file */
    const uint8_t *known; /* the digest, where somebody made the copy that is scanned */
    pthread_t thread;
    bool threaded; /* hashes meanwhile */
    struct pass_done done;
    /* bytes that are hashed, by that thread; and that progress knows of */
    atomic_ullong read;
    uint64_t told;
    bool hashed;
    uint8_t sha[32];
    const char *hash_why;
};

/* Fills t: a small file goes over as memory, a large one by the belt, and a copy that nobody
 * changes is read there. False: there is nothing to start a worker on (hash_why, or no belt);
 * turn_close() is called all the same. */
MUST_CHECK bool turn_open(struct turn *t, const struct scan_options *o, int fd, uint64_t size);
/* t->child is there: what is hashed goes to it. */
void turn_started(struct turn *t);
/* Hashes each byte once, in this thread; or meanwhile, until turn_join(). False: no thread was
 * to be had. */
void turn_hash(struct turn *t);
MUST_CHECK bool turn_hash_ahead(struct turn *t);
void turn_join(struct turn *t);
/* Frees what turn_open() made, and the answer. */
void turn_close(struct turn *t);
#endif
