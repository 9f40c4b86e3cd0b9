#include "task.h"

#include <stdlib.h>
#include <string.h>

bool task_open(struct task *t, const struct scan_options *o, int fd, uint64_t size)
{
    *t =
        (struct task){ .fd = fd, .size = size, .known = o->digest, .done.cancelled = o->cancelled };
    if (!file_input_open(&t->input, fd, size, t->known != NULL, &t->hash_error)) {
        return false;
    }
    t->hash_error = INPUT_OK;
    t->has_ring = t->input.tags != NULL;
    return !t->has_ring || ring_create(&t->shared_ring, o->cancelled);
}

void task_worker_started(struct task *t)
{
    if (t->has_ring) {
        ring_worker_started(&t->shared_ring, t->worker.deadline);
        t->done.cap = ring_reserve;
        t->done.put = ring_commit;
        t->done.to = &t->shared_ring;
        t->done.copies = !t->shared_ring.sealed;
    }
}

/* --- its digest ------------------------------------------------------------------ */

static void count(void *task, uint64_t bytes)
{
    struct task *t = task;
    atomic_fetch_add(&t->read, bytes);
}

/* What is hashed here is what the worker searches. */
static void *hash(void *arg)
{
    struct task *t = arg;
    if (t->known != NULL) {
        memcpy(t->sha, t->known, sizeof t->sha);
        t->hashed = true;
    } else if (t->input.whole != NULL) {
        hash_bytes((struct bytes){ t->input.whole, (size_t)t->size }, t->sha, &t->done);
        t->hashed = true;
    } else if (t->hash_error == INPUT_OK) {
        t->hashed = hash_file(t->fd, t->size, t->sha, &t->done, &t->hash_error);
    }
    if (t->has_ring) {
        ring_finish(&t->shared_ring);
    }
    return NULL;
}

void task_hash(struct task *t) { (void)hash(t); }

/* What is in memory already is hashed at once, while the worker reads it too: a thread would
 * cost more. */
bool task_hash_in_thread(struct task *t)
{
    t->done.bytes = count;
    t->done.ctx = t;
    if (t->started && !t->has_ring && t->input.whole != NULL) {
        task_hash(t);
        return true;
    }
    t->threaded = t->started && pthread_create(&t->thread, NULL, hash, t) == 0;
    return t->threaded;
}

void task_join(struct task *t)
{
    if (t->threaded) {
        (void)pthread_join(t->thread, NULL); /* it is ours and joinable: cannot fail */
        t->threaded = false;
    }
}

void task_close(struct task *t)
{
    if (t->has_ring) {
        ring_free(&t->shared_ring);
    }
    file_input_close(&t->input);
    free(t->reply.p);
}
