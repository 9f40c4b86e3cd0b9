/* sandbox.h - the rights that a worker gives up before it reads a hostile byte.
 *
 *   parent        opens files, hashes, decodes the workers' replies; never parses
 *     | fork      a worker for a file: sandbox_enter
 *     | fork      the forkserver (forkserver.h): sandbox_enter_forkserver
 *                    | clone   a worker for a small file: sandbox_drop_fork
 *
 * A worker can read its file, allocate, start threads and reply: no new privileges, no files to
 * open (Landlock without rules), a list of system calls (no exec, no network, no file system),
 * limits on memory. */
#ifndef MA_SANDBOX_SANDBOX_H
#define MA_SANDBOX_SANDBOX_H
#include <stdbool.h>
#include <stdint.h>

/* sandbox_kind returns what the kernel (and this build) can do: "seccomp+landlock", "seccomp" or
 * "none". */
const char *sandbox_kind(void);
/* sandbox_prepare makes in the parent, once, what all workers (or the forkserver and its workers)
 * need. Returns false when out of memory. */
bool sandbox_prepare(bool forkserver);
/* sandbox_enter closes the sandbox of this process, for good. file_bytes: of the file, which
 * adds to its address space. Returns false when something that sandbox_kind() promised is
 * refused; the worker has to exit then. */
bool sandbox_enter(uint64_t file_bytes);
/* The same in two steps: sandbox_enter_forkserver leaves the forkserver what it needs to make
 * processes and sockets, sandbox_drop_fork takes that from its workers. */
bool sandbox_enter_forkserver(uint64_t file_bytes);
bool sandbox_drop_fork(void);
#endif
