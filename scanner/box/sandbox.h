/* sandbox.h - what a worker gives up before it reads a hostile byte. */
#ifndef MA_SANDBOX_H
#define MA_SANDBOX_H
#include <stdbool.h>
#include <stdint.h>

/* What the kernel (and this build) can do: "seccomp+landlock", "seccomp", "none". */
const char *sandbox_kind(void);
/* In the parent, before the first worker: what all workers need is made once.  False: no memory. */
bool sandbox_prepare(void);
/* In the worker, once, for good: no new privileges, no files to open (Landlock without rules), a list of
 * system calls (reading, memory, threads; no exec, no network, no filesystem), limits on memory.
 * False: something that sandbox_kind() promised could not be had; the worker has to end. */
bool sandbox_enter(uint64_t file_bytes);
#endif
