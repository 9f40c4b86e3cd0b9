/* pool.h - one boxed process a file: it parses, the parent hashes and reads what it says. */
#ifndef MA_SANDBOX_POOL_H
#define MA_SANDBOX_POOL_H
#include "../scan/file.h"

/* For scan_options.isolate. Whatever happens to the worker - a crash, a signal, no memory, no
 * time - is one incomplete file, with the reason. False only when the parent is out of memory. */
bool pool_scan(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
               enum origin s);

/* For scan_options.ahead: up to `jobs` workers run at a time.  False: out of memory. */
MUST_CHECK bool pool_prefetcher_init(struct prefetcher *a, size_t jobs);
void pool_prefetcher_done(struct prefetcher *a);
#endif
