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

struct task {
    struct worker worker;
    struct reply reply;
    bool started, ended; /* there is a worker; its answer is all here */
    struct gap kill_reason; /* why it has to be ended, or GAP_NONE */
    int fd;
    uint64_t size;
    struct stat st; /* what it was started on */
    struct file_input input; /* what the worker reads */
    struct shared_ring shared_ring;
    bool has_ring; /* of a large file */
    const uint8_t *known; /* the digest, where somebody made the copy that is scanned */
    pthread_t thread;
    bool threaded; /* hashes meanwhile */
    struct hash_hooks done;
    /* bytes that are hashed, by that thread; and that progress knows of */
    atomic_ullong read;
    uint64_t progress_reported;
    bool hashed;
    uint8_t sha[32];
    enum input_error hash_error;
};

/* Fills t: a worker gets a small file as memory, a large one through the ring, and reads a copy
 * that nobody changes itself. False: there is nothing to start a worker on (hash_error, or no
 * ring); task_close() is called all the same. */
MUST_CHECK bool task_open(struct task *t, const struct scan_options *o, int fd, uint64_t size);
/* t->child is there: what is hashed goes to it. */
void task_worker_started(struct task *t);
/* Hashes each byte once, in this thread; or meanwhile, until task_join(). False: no thread was
 * to be had. */
void task_hash(struct task *t);
MUST_CHECK bool task_hash_in_thread(struct task *t);
void task_join(struct task *t);
/* Frees what task_open() made, and the answer. */
void task_close(struct task *t);
#endif
