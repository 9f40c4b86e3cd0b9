/* test_util.c - the functions of scanner/util: what they do at the end of the data, on failure, and
 * at limits. */
#include "../../parsers/base/source.h"
#include "../../scanner/util/clock.h"
#include "../../scanner/util/fdpass.h"
#include "../../scanner/util/file_io.h"
#include "../../scanner/util/hex.h"
#include "../../scanner/util/io.h"
#include "../../scanner/util/sha256.h"
#include "../../scanner/util/text.h"
#include "../../scanner/util/vec.h"

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
    char *sent = malloc(MORE_THAN_A_SOCKET_HOLDS);
    char *got = calloc(1, MORE_THAN_A_SOCKET_HOLDS);
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

/* --- descriptors ----------------------------------------------------------------------- */

static int num_open(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++) {
        n += fcntl(fd, F_GETFD) >= 0;
    }
    return n;
}

static void a_descriptor_comes_with_the_first_bytes(void **state)
{
    int pair[2], fd, got = -1;
    char buf[8], content[4];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(io_write_all(fd, "abcd", 4));
    assert_true(fdpass_send(pair[0], "head", 4, fd));
    assert_true(io_send_all(pair[0], "tail", 4));
    close(fd);
    assert_int_equal(fdpass_receive(pair[1], buf, 4, MSG_WAITALL, &got), 4);
    assert_memory_equal(buf, "head", 4);
    assert_true(pread_all(got, 0, content, 4));
    assert_memory_equal(content, "abcd", 4);
    assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
    close(got);
    assert_int_equal(fdpass_receive(pair[1], buf, sizeof buf, 0, &got), 4);
    assert_int_equal(got, -1);
    close(pair[0]);
    assert_int_equal(fdpass_receive(pair[1], buf, sizeof buf, 0, &got), 0);
    assert_int_equal(got, -1);
    close(pair[1]);
}

/* Three in one message, past our own fdpass_send(). */
static void send_three(int sock)
{
    int fds[3] = { 0, 1, 2 };
    union {
        struct cmsghdr header;
        char buf[CMSG_SPACE(sizeof fds)];
    } control = { 0 };
    struct iovec part = { "x", 1 };
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };

    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    assert_int_equal(sendmsg(sock, &m, 0), 1);
}

static void descriptors_past_the_first_are_closed(void **state)
{
    int pair[2], got = -1;
    char buf[8];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    send_three(pair[0]);
    int before = num_open();
    assert_int_equal(fdpass_receive(pair[1], buf, sizeof buf, 0, &got), 1);
    assert_true(got >= 0);
    assert_int_equal(num_open(), before + 1);
    close(got);
    close(pair[0]);
    close(pair[1]);
}

/* --- files ----------------------------------------------------------------------------- */

static char folder[] = "/tmp/ma-test-XXXXXX", path[64], other[64];

static void in_a_new_folder(void)
{
    strcpy(folder, "/tmp/ma-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a", folder);
    snprintf(other, sizeof other, "%s/b", folder);
}

/* Fails when anything but path and other is in it. */
static void remove_folder(void)
{
    (void)unlink(path);
    (void)unlink(other);
    assert_int_equal(rmdir(folder), 0);
}

static void assert_content(const char *file, const char *expected)
{
    size_t n = 0;
    int err = 0;
    uint8_t *p = input_read(file, 1 << 20, &n, &err);
    assert_non_null(p);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(p, expected, n);
    free(p);
}

static void a_written_file_replaces_the_old_one(void **state)
{
    const char *why = NULL;
    (void)state;
    in_a_new_folder();
    assert_true(output_write(path, BYTES("old"), &why));
    assert_int_equal(link(path, other), 0);
    assert_true(output_is_input(path, other));
    assert_true(output_write(path, BYTES("new"), &why));
    assert_content(path, "new");
    assert_content(other, "old"); /* not written through the link */
    assert_false(output_is_input(path, other));
    remove_folder();
}

static void a_file_that_cannot_be_written_has_a_reason(void **state)
{
    const char *why = NULL;
    char below[96];
    (void)state;
    in_a_new_folder();
    assert_false(output_write(folder, BYTES("x"), &why));
    assert_string_equal(why, "is a folder");
    snprintf(below, sizeof below, "%s/none/x", folder);
    assert_false(output_write(below, BYTES("x"), &why));
    assert_string_equal(why, strerror(ENOENT));
    assert_false(output_is_input(below, below));
    remove_folder();
}

static void lines_are_appended_behind_a_newline(void **state)
{
    const char *why = NULL;
    (void)state;
    in_a_new_folder();
    assert_true(output_append_line(path, BYTES("one"), &why));
    assert_content(path, "one\n");
    assert_true(output_write(path, BYTES("without an end"), &why));
    assert_true(output_append_line(path, BYTES("two"), &why));
    assert_content(path, "without an end\ntwo\n");
    remove_folder();
}

static void a_file_is_read_below_its_bound_only(void **state)
{
    const char *why = NULL;
    size_t n = 0;
    int err = 0;
    (void)state;
    in_a_new_folder();
    assert_null(input_read(path, 100, &n, &err));
    assert_int_equal(err, ENOENT);
    assert_true(output_write(path, BYTES("1234"), &why));
    assert_null(input_read(path, 4, &n, &err));
    assert_int_equal(err, EFBIG);
    assert_string_equal(input_error(err), "too large");
    free(input_read(path, 5, &n, &err));
    assert_int_equal(n, 4);
    assert_null(input_read(folder, 100, &n, &err));
    assert_int_equal(err, EISDIR);
    remove_folder();
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

static void a_text_that_is_not_a_time_is_refused(void **state)
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

/* --- hex ------------------------------------------------------------------------------- */

static void every_byte_survives_hex(void **state)
{
    uint8_t all[256], back[256];
    char *text;
    (void)state;
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)i;
    }

    text = hex_encode((struct bytes){ all, sizeof all });
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102", 6);
    assert_int_equal(hex_digits(text), 512);
    assert_true(hex_decode(text, back, sizeof back));
    assert_memory_equal(back, all, sizeof all);
    free(text);
    text = hex_encode((struct bytes){ NULL, 0 });
    assert_string_equal(text, "");
    free(text);
}

static void only_lower_case_digits_are_hex(void **state)
{
    static const char *const texts[] = { "", "0", "0A", "g0", "0 ", "0x", "\xb1\xb1" };
    uint8_t out;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(hex_decode(texts[i], &out, 1));
    }

    assert_false(hex_decode(NULL, &out, 1));
    assert_false(hex_decode("ff0", &out, 1));
    assert_true(hex_decode_start("ff0", &out, 1) && out == 255);
    assert_int_equal(hex_digits("12aBc"), 3);
}

/* --- SHA-256 --------------------------------------------------------------------------- */

static void a_digest_does_not_depend_on_its_parts(void **state)
{
    static const uint8_t of_abc[32] = { /* FIPS 180-2, appendix B.1 */
                                        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                        0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                        0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                        0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad
    };

    struct sha256 s;
    uint8_t whole[32], parts[32];
    (void)state;
    sha256_of(BYTES("abc"), whole);
    assert_memory_equal(whole, of_abc, 32);
    sha256_begin(&s);
    sha256_add(&s, "a", 1);
    sha256_add(&s, NULL, 0);
    sha256_add(&s, "bc", 2);
    sha256_end(&s, parts);
    assert_memory_equal(parts, of_abc, 32);
}

/* --- text ------------------------------------------------------------------------------ */

static void a_text_of_any_length_is_built(void **state)
{
    struct text t;
    (void)state;
    assert_true(text_begin(&t));
    for (int i = 0; i < 100000; i++) {
        fprintf(t.out, "%05d", i);
    }

    char *text = text_end(&t);
    assert_int_equal(t.n, 500000);
    assert_int_equal(strlen(text), 500000);
    assert_string_equal(text + 499995, "99999");
    free(text);
}

static char *message(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *message(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_message("a.json", format, args);
    va_end(args);
    return text;
}

static void a_message_names_its_file(void **state)
{
    (void)state;
    char *text = message("/allow/%d is no name", 7);
    assert_string_equal(text, "a.json: /allow/7 is no name");
    free(text);
}

static void nothing_written_is_an_empty_text(void **state)
{
    struct text t;
    (void)state;
    assert_true(text_begin(&t));
    char *text = text_end(&t);
    assert_string_equal(text, "");
    assert_int_equal(t.n, 0);
    free(text);
}

/* --- arrays ---------------------------------------------------------------------------- */

static void an_array_doubles_and_keeps_its_items(void **state)
{
    uint32_t *items = NULL;
    size_t cap = 0, num_resized = 0;
    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        size_t before = cap;
        assert_true(vec_grow(&items, &cap, i + 1u, sizeof *items));
        num_resized += cap != before;
        items[i] = i;
    }

    assert_true(num_resized <= 14);
    for (uint32_t i = 0; i < 100000; i++) {
        assert_int_equal(items[i], i);
    }

    assert_true(vec_grow(&items, &cap, 1000000, sizeof *items));
    assert_true(cap >= 1000000);
    assert_int_equal(items[99999], 99999);
    free(items);
}

static void an_array_that_cannot_grow_is_unchanged(void **state)
{
    uint32_t *items = NULL, *before;
    size_t cap = 0;
    (void)state;
    assert_true(vec_grow(&items, &cap, 1, sizeof *items));
    before = items;
    items[0] = 7;
    assert_false(vec_grow(&items, &cap, SIZE_MAX / 2, sizeof *items)); /* overflows */
    assert_false(vec_grow(&items, &cap, SIZE_MAX, sizeof *items));
    assert_false(vec_extend(&items, SIZE_MAX, sizeof *items));
    assert_ptr_equal(items, before);
    assert_int_equal(cap, 16);
    assert_int_equal(items[0], 7);
    free(items);
}

static void a_list_without_capacity_grows_by_one(void **state)
{
    const char **list = NULL;
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        assert_true(vec_extend(&list, i, sizeof *list));
        list[i] = "x";
    }
    assert_string_equal(list[99], "x");
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_write_arrives_whole),
        cmocka_unit_test(a_read_past_the_end_fails_with_errno_0),
        cmocka_unit_test(a_closed_descriptor_fails_with_its_errno),
        cmocka_unit_test(a_send_to_a_closed_peer_fails_without_a_signal),
        cmocka_unit_test(a_descriptor_comes_with_the_first_bytes),
        cmocka_unit_test(descriptors_past_the_first_are_closed),
        cmocka_unit_test(a_written_file_replaces_the_old_one),
        cmocka_unit_test(a_file_that_cannot_be_written_has_a_reason),
        cmocka_unit_test(lines_are_appended_behind_a_newline),
        cmocka_unit_test(a_file_is_read_below_its_bound_only),
        cmocka_unit_test(a_time_and_its_text_are_each_other),
        cmocka_unit_test(a_text_that_is_not_a_time_is_refused),
        cmocka_unit_test(both_clocks_are_the_same_clock),
        cmocka_unit_test(every_byte_survives_hex),
        cmocka_unit_test(only_lower_case_digits_are_hex),
        cmocka_unit_test(a_digest_does_not_depend_on_its_parts),
        cmocka_unit_test(a_text_of_any_length_is_built),
        cmocka_unit_test(a_message_names_its_file),
        cmocka_unit_test(nothing_written_is_an_empty_text),
        cmocka_unit_test(an_array_doubles_and_keeps_its_items),
        cmocka_unit_test(an_array_that_cannot_grow_is_unchanged),
        cmocka_unit_test(a_list_without_capacity_grows_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
