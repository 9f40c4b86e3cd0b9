/* cmd_serve.c - the command serve: runs the daemon, a separate program (scanner/serve), so that a
 * scan does not load the daemon's libraries. */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "modelassay-serve"

/* Looks in the folder of this program first, then in PATH. */
int cmd_serve(int argc, char **argv)
{
    char path[PATH_MAX + sizeof PROGRAM];
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);

    (void)argc; /* unused: argv ends with NULL */

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
