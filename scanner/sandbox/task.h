/* task.h - state of one file being scanned: its worker and the parent's hashing thread. */
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
    /* The file. */
    int fd; /* borrowed */
    uint64_t size; /* bytes */
    struct stat st; /* when the task was started, for prefetched files */
    struct file_input input; /* what the worker reads */

    /* The worker. */
    struct worker worker;
    bool started; /* there is a worker */
    struct reply reply; /* what it has sent so far */
    bool ended; /* the reply is complete */
    struct gap kill_reason; /* reason to kill the worker, or GAP_NONE */
    bool has_ring; /* it gets a large file's blocks through the ring */
    struct shared_ring shared_ring;

    /* The digest. */
    const uint8_t *known_digest; /* of a private copy, by the process that made it; or NULL */
    bool hashed; /* sha256 is set */
    uint8_t sha256[32];
    enum input_error hash_error; /* why it is not set */
    struct hash_hooks hooks;
    bool threaded; /* a thread hashes */
    pthread_t thread;
    atomic_ullong num_hashed; /* bytes, by that thread */
    uint64_t progress_reported; /* bytes of num_hashed that progress was called with */
};

/* task_open fills t for a worker, which gets a small file as memory and a large one through the
 * ring, and reads a private copy itself. Returns false when there is nothing to start a worker on
 * (hash_error, or no ring); task_close is called all the same. */
MUST_CHECK bool task_open(struct task *t, const struct scan_options *o, int fd, uint64_t size);
/* task_worker_started connects the hashing with t->worker. */
void task_worker_started(struct task *t);
/* task_hash hashes each byte once, in this thread; task_hash_in_thread in a thread, until
 * task_join. That returns false when no thread can be started. */
void task_hash(struct task *t);
MUST_CHECK bool task_hash_in_thread(struct task *t);
void task_join(struct task *t);
/* task_close frees what task_open made, and the reply. */
void task_close(struct task *t);
#endif
