#include "lfs_pointer.h"

#include <string.h>

enum { OID_DIGITS = 64, INT64_DIGITS = 19 };

/* --- the form that git-lfs writes ----------------------------------------------------------- */

/* Takes `text` from the start of *rest. */
static bool take(struct bytes *rest, struct bytes text)
{
    if (!bytes_start(*rest, text)) {
        return false;
    }
    *rest = bytes_sub(*rest, text.n, rest->n);
    return true;
}

/* Takes the bytes from the start of *rest that are in `set`. */
static struct bytes take_all(struct bytes *rest, const char *set)
{
    size_t n = 0;

    while (n < rest->n && rest->p[n] != 0 && strchr(set, rest->p[n]) != NULL) {
        n++;
    }

    struct bytes taken = bytes_sub(*rest, 0, n);
    *rest = bytes_sub(*rest, n, rest->n);
    return taken;
}

/* No zeros in front, and no more than an int64_t holds. */
static bool is_size(struct bytes digits)
{
    if (digits.n == 0 || (digits.p[0] == '0' && digits.n > 1)) {
        return false;
    }
    return digits.n < INT64_DIGITS
           || (digits.n == INT64_DIGITS && bytes_cmp(digits, BYTES("9223372036854775807")) <= 0);
}

static bool read_canonical(struct bytes rest, char oid[65])
{
    if (!take(&rest, BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:"))) {
        return false;
    }

    struct bytes digest = take_all(&rest, "0123456789abcdef");
    if (digest.n != OID_DIGITS || !take(&rest, BYTES("\nsize "))) {
        return false;
    }

    struct bytes size = take_all(&rest, "0123456789");
    if (!is_size(size) || !bytes_eq(rest, BYTES("\n"))) {
        return false;
    }

    memcpy(oid, digest.p, OID_DIGITS);
    oid[OID_DIGITS] = 0;
    return true;
}

/* --- what begins like a pointer -------------------------------------------------------------- */

static bool contains(struct bytes text, struct bytes word)
{
    return memmem(text.p, text.n, word.p, word.n) != NULL;
}

/* The names that the versions of a pointer have had. */
static bool names_git_lfs(struct bytes text)
{
    return contains(text, BYTES("git-lfs")) || contains(text, BYTES("hawser"))
           || contains(text, BYTES("git-media"));
}

/* git-lfs skips blanks of Unicode, too; here all bytes in front of visible ASCII are skipped. */
static struct bytes skip_blanks(struct bytes text)
{
    size_t n = 0;

    while (n < text.n && (text.p[n] <= ' ' || text.p[n] > '~')) {
        n++;
    }
    return bytes_sub(text, n, text.n);
}

/* An extension may come before the version: "ext-0-NAME sha256:...". */
static bool begins_with_extension(struct bytes text)
{
    if (!take(&text, BYTES("ext-")) || text.n < 2) {
        return false;
    }
    return text.p[0] >= '0' && text.p[0] <= '9' && text.p[1] == '-';
}

static bool begins_with_version(struct bytes text)
{
    if (!take(&text, BYTES("version "))) {
        return false;
    }

    text = skip_blanks(text);
    size_t n = 0;
    while (n < text.n && text.p[n] > ' ') {
        n++;
    }
    return bytes_start(text, BYTES("http")) && names_git_lfs(bytes_sub(text, 0, n));
}

enum lfs_form lfs_pointer_read(struct bytes head, uint64_t size, char oid[65])
{
    if (size < LFS_MAX_POINTER && read_canonical(head, oid)) {
        return LFS_CANONICAL;
    }

    struct bytes text = skip_blanks(head);
    bool version = begins_with_version(text);
    bool extension = begins_with_extension(text) && names_git_lfs(text);
    return version || extension ? LFS_NOT_CANONICAL : LFS_NO_POINTER;
}
