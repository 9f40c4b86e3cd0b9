/* The functions of scanner/util: what they do at the end of the data, on failure, and at limits. */
#include "../../parsers/base/source.h"
#include "../../scanner/util/clock.h"
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

/* --- clock ----------------------------------------------------------------------------- */

static void a_time_and_its_text_are_each_other(void **state)
{
    static const struct {
        time_t t;
        const char *text;
    } cases[] = { { 0, "1970-01-01T00:00:00Z" },
                  { 951782400, "2000-02-29T00:00:00Z" },
                  { 1795428671, "2026-11-23T10:11:11Z" },
                  { 253402300799, "9999-12-31T23:59:59Z" } };
    char text[CLOCK_TEXT];
    time_t t;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(clock_format(cases[i].t, text));
        assert_string_equal(text, cases[i].text);
        assert_true(clock_parse(cases[i].text, &t));
        assert_int_equal(t, cases[i].t);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = { NULL,
                                         "",
                                         "2026-11-23",
                                         "2026-11-23T10:00:00",
                                         "2026-11-23T10:00:00Z ",
                                         "2026-13-01T00:00:00Z",
                                         "2026-11-23T10:00:00+01:00" };
    char text[CLOCK_TEXT] = "x";
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        time_t t = 1;
        assert_false(clock_parse(texts[i], &t));
        assert_int_equal(t, 0);
    }
    assert_false(clock_format((time_t)INT64_MAX, text)); /* a year that does not fit an int */
    assert_string_equal(text, "");
}

static void both_clocks_are_the_same_clock(void **state)
{
    (void)state;
    uint64_t before_ms = clock_ms();
    uint64_t seconds = (uint64_t)clock_seconds();
    assert_true(seconds >= before_ms / 1000 && seconds <= clock_ms() / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_write_arrives_whole),
        cmocka_unit_test(a_read_past_the_end_fails_with_errno_0),
        cmocka_unit_test(a_closed_descriptor_fails_with_its_errno),
        cmocka_unit_test(a_send_to_a_closed_peer_fails_without_a_signal),
        cmocka_unit_test(a_time_and_its_text_are_each_other),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(both_clocks_are_the_same_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
