/* cmd_serve.c - the daemon is a program of its own (scanner/serve): its libraries cost a scan
 * nothing. */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "modelassay-serve"

/* Beside this program first, then as the shell would find it. */
int cmd_serve(int argc, char **argv)
{
    char path[PATH_MAX + sizeof PROGRAM];
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
    (void)argc;
    if (n > 0 && n < PATH_MAX) {
        path[n] = 0;
        char *slash = strrchr(path, '/');
        if (slash != NULL) {
            strcpy(slash + 1, PROGRAM);
            execv(path, argv);
        }
    }
    execvp(PROGRAM, argv);
    return complain(EXIT_INCOMPLETE, PROGRAM ": %s", strerror(errno));
}
