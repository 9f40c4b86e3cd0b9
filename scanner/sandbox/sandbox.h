/* sandbox.h - what a worker gives up before it reads a hostile byte. */
#ifndef MA_SANDBOX_SANDBOX_H
#define MA_SANDBOX_SANDBOX_H
#include <stdbool.h>
#include <stdint.h>

/* What the kernel (and this build) can do: "seccomp+landlock", "seccomp", "none". */
const char *sandbox_kind(void);
/* In the parent, before the first worker (or the first zygote): what all of them need is made
 * once. False: no memory. */
bool sandbox_prepare(bool forkserver);
/* In the worker, once, for good: no new privileges, no files to open (Landlock without rules), a
 * list of system calls (reading, memory, threads; no exec, no network, no filesystem), limits on
 * memory. False: something that sandbox_kind() promised could not be had; the worker has to end. */
bool sandbox_enter(uint64_t file_bytes);
/* The same in two steps, for workers of a zygote (forkserver.h): it may make processes and sockets,
 * they may not. */
bool sandbox_enter_forkserver(uint64_t file_bytes);
bool sandbox_drop_fork(void);
#endif
