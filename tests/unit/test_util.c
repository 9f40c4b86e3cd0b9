/* The functions of scanner/util: what they do at the end of the data, on failure, and at limits. */
#include "../../parsers/base/source.h"
#include "../../scanner/util/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* --- io -------------------------------------------------------------------------------- */

enum { MORE_THAN_A_SOCKET_HOLDS = 1 << 22 }; /* bytes */

static void a_long_write_arrives_whole(void **state)
{
    int pair[2];
    char *sent = malloc(MORE_THAN_A_SOCKET_HOLDS), *got = calloc(1, MORE_THAN_A_SOCKET_HOLDS);
    int status = 1;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    memset(sent, 'm', MORE_THAN_A_SOCKET_HOLDS);
    pid_t child = fork();
    if (child == 0) {
        bool ok = io_write_all(pair[1], sent, MORE_THAN_A_SOCKET_HOLDS / 2)
                  && io_send_all(pair[1], sent, MORE_THAN_A_SOCKET_HOLDS / 2);
        _exit(ok ? 0 : 1);
    }
    close(pair[1]);
    assert_true(io_read_all(pair[0], got, MORE_THAN_A_SOCKET_HOLDS));
    assert_memory_equal(got, sent, MORE_THAN_A_SOCKET_HOLDS);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(pair[0]);
    free(sent);
    free(got);
}

static void a_read_past_the_end_fails_with_errno_0(void **state)
{
    char buf[8];
    int fd = memfd_create("test", MFD_CLOEXEC);
    (void)state;
    assert_true(io_write_all(fd, "abcd", 4));
    assert_true(pread_all(fd, 1, buf, 3));
    assert_memory_equal(buf, "bcd", 3);
    errno = EIO;
    assert_false(pread_all(fd, 1, buf, 4));
    assert_int_equal(errno, 0);
    errno = EIO;
    assert_false(io_read_all(fd, buf, 1)); /* its offset is the end of what was written */
    assert_int_equal(errno, 0);
    close(fd);
}

static void a_closed_descriptor_fails_with_its_errno(void **state)
{
    char buf[1] = "x";
    (void)state;
    assert_false(io_read_all(-1, buf, 1));
    assert_int_equal(errno, EBADF);
    assert_false(io_write_all(-1, buf, 1));
    assert_int_equal(errno, EBADF);
    assert_false(pread_all(-1, 0, buf, 1));
    assert_int_equal(errno, EBADF);
}

static void a_send_to_a_closed_peer_fails_without_a_signal(void **state)
{
    int pair[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    assert_false(io_send_all(pair[0], "x", 1));
    assert_int_equal(errno, EPIPE);
    close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_write_arrives_whole),
        cmocka_unit_test(a_read_past_the_end_fails_with_errno_0),
        cmocka_unit_test(a_closed_descriptor_fails_with_its_errno),
        cmocka_unit_test(a_send_to_a_closed_peer_fails_without_a_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
