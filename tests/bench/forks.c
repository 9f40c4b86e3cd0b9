/* forks.c - measures the least cost of one process a file: fork, socketpair and wait, N times, by a
 * process of MIB MiB, JOBS at a time.
 * usage: forks N MIB [JOBS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_JOBS = 64, PAGE = 4096 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Forks a child that writes a reply.  Returns the parent's socket. */
static int start_child(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        fail("socketpair");
    }

    pid_t pid = fork();
    if (pid == 0) {
        _exit(write(pair[1], "reply", 5) != 5);
    }
    if (pid < 0) {
        fail("fork");
    }

    close(pair[1]);
    return pair[0];
}

static void end_child(int sock)
{
    char reply[16];
    int status;
    if (read(sock, reply, sizeof reply) != 5 || wait(&status) < 0 || status != 0) {
        fail("worker");
    }
    close(sock);
}

static void run(int n, int jobs)
{
    int socks[MAX_JOBS];
    int started = 0;
    for (int ended = 0; ended < n; ended++) {
        for (; started < n && started - ended < jobs; started++) {
            socks[started % MAX_JOBS] = start_child();
        }
        end_child(socks[ended % MAX_JOBS]);
    }
}

int main(int argc, char **argv)
{
    int n = argc > 2 ? atoi(argv[1]) : 0;
    int jobs = argc > 3 ? atoi(argv[3]) : 1;
    size_t bytes = argc > 2 ? (size_t)atoi(argv[2]) << 20 : 0;
    /* volatile, so that the compiler keeps memory that is only written */
    volatile char *memory = malloc(bytes + 1);
    if (n <= 0 || jobs < 1 || jobs > MAX_JOBS || memory == NULL) {
        fprintf(stderr, "usage: forks N MIB [JOBS]\n");
        return 64;
    }

    for (size_t i = 0; i <= bytes; i += PAGE) { /* resident, as the tables of a scanner */
        memory[i] = 1;
    }

    run(n, jobs);
    free((void *)memory);
    return 0;
}
