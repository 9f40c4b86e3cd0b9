/* nofork.c - by LD_PRELOAD: fork() fails.  No file can be scanned in a worker then, so a verdict
 * comes from the store. */
#include <errno.h>
#include <sys/types.h>

pid_t fork(void)
{
    errno = EAGAIN;
    return -1;
}
