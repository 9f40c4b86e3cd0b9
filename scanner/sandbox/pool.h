/* pool.h - a pool of sandboxed workers: one process a file. It parses; the parent hashes the file
 * and decodes its reply. */
#ifndef MA_SANDBOX_POOL_H
#define MA_SANDBOX_POOL_H
#include "../scan/file.h"

struct worker_pool;
/* pool_new returns a pool that runs up to `jobs` workers at a time, or NULL when out of memory. No
 * process is started before a file is. */
struct worker_pool *pool_new(size_t jobs);
/* pool_free kills the workers whose result is not wanted, and the forkserver. Accepts NULL. */
void pool_free(struct worker_pool *pool);
/* pool_prefetcher returns what starts files ahead; for scan_options.prefetcher. Borrows pool. */
struct prefetcher pool_prefetcher(struct worker_pool *pool);
/* pool_scan is scan_options.scan_in_sandbox; pool is a struct worker_pool, or NULL: one worker at a
 * time, and none ahead. Whatever becomes of the worker - a crash, a signal, no memory, no time - is
 * one incomplete file, with the reason. Returns false only when this process is out of memory. */
bool pool_scan(void *pool, struct file_report *f, const struct scan_options *o, int fd,
               uint64_t size, enum origin origin);
#endif
