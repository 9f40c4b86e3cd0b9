/* forks.c - what a process a file costs at least: N times fork, socketpair and wait, by a
 * process of so many MiB.
 * usage: forks N MIB [JOBS]      JOBS at a time */
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

static int start_one(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        fail("socketpair");
    }
    pid_t pid = fork();
    if (pid == 0) {
        _exit(write(pair[1], "answer", 6) != 6);
    }
    if (pid < 0) {
        fail("fork");
    }
    close(pair[1]);
    return pair[0];
}

static void end_one(int sock)
{
    char answer[16];
    int status;
    if (read(sock, answer, sizeof answer) != 6 || wait(&status) < 0 || status != 0) {
        fail("worker");
    }
    close(sock);
}

int main(int argc, char **argv)
{
    int n = argc > 2 ? atoi(argv[1]) : 0, jobs = argc > 3 ? atoi(argv[3]) : 1, socks[MAX_JOBS];
    size_t bytes = argc > 2 ? (size_t)atoi(argv[2]) << 20 : 0;
    /* volatile: a compiler leaves out what is only written */
    volatile char *memory = malloc(bytes + 1);
    if (n <= 0 || jobs < 1 || jobs > MAX_JOBS || memory == NULL) {
        fprintf(stderr, "usage: forks N MIB [JOBS]\n");
        return 64;
    }
    for (size_t i = 0; i <= bytes; i += PAGE) { /* resident, as a scanner's tables are */
        memory[i] = 1;
    }
    for (int begun = 0, ended = 0; ended < n; ended++) {
        for (; begun < n && begun - ended < jobs; begun++) {
            socks[begun % MAX_JOBS] = start_one();
        }
        end_one(socks[ended % MAX_JOBS]);
    }
    free((void *)memory);
    return 0;
}
