#include "store_files.h"

#include "../util/hex.h"
#include "../util/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHERS_WRITE = 022, OTHERS_ANY = 077 };

/* --- folder and database ------------------------------------------------------------------- */

/* Opens the folder of a path. Returns its descriptor, or -1; *real is then NULL, else the path with
 * the folder's links resolved, which the caller frees, and *name its last part. */
static int open_folder(const char *path, char **real, const char **name)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    char *resolved = folder != NULL ? realpath(folder, NULL) : NULL;
    int fd = resolved != NULL ? open(resolved, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

    *name = slash != NULL ? slash + 1 : path;
    *real = NULL;
    if (fd >= 0 && ((*name)[0] == 0 || asprintf(real, "%s/%s", resolved, *name) < 0)) {
        *real = NULL;
        close(fd);
        fd = -1;
    }

    free(resolved);
    free(folder);
    return fd;
}

static bool is_ours(const struct stat *st, mode_t forbidden)
{
    return st->st_uid == geteuid() && (st->st_mode & forbidden) == 0;
}

static bool check_folder(int folder, enum store_error *why)
{
    struct stat st;
    *why = STORE_FOLDER_WRITABLE;
    return fstat(folder, &st) == 0 && is_ours(&st, OTHERS_WRITE);
}

/* A database that is there is not opened here: closing a descriptor of it would drop the locks of a
 * connection that this process already has. */
static bool create_database(int folder, const char *name, enum store_error *why)
{
    *why = STORE_CANNOT_OPEN;
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 || errno == EEXIST;
}

/* Files beside the database need not be there. */
static bool check_file(int folder, const char *name, const char *end, enum store_error *why)
{
    char file[NAME_MAX + 1];
    struct stat st;
    int n = snprintf(file, sizeof file, "%s%s", name, end);

    *why = STORE_NAME_TOO_LONG;
    if (n < 0 || n >= (int)sizeof file) {
        return false;
    }

    if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        *why = STORE_CANNOT_OPEN;
        return errno == ENOENT && end[0] != 0;
    }

    if (!S_ISREG(st.st_mode) || st.st_nlink > 1) {
        *why = end[0] == 0 ? STORE_NOT_REGULAR : STORE_LOG_NOT_REGULAR;
        return false;
    }

    *why = end[0] == 0 ? STORE_WRITABLE_BY_OTHERS : STORE_LOG_WRITABLE;
    return is_ours(&st, OTHERS_WRITE);
}

static bool check_files(int folder, const char *name, enum store_error *why)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof ends / sizeof *ends; i++) {
        ok = check_file(folder, name, ends[i], why);
    }
    return ok;
}

/* --- key ------------------------------------------------------------------------------------ */

static bool read_key(int fd, uint8_t key[SEAL_KEY_BYTES])
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_ours(&st, OTHERS_ANY)
           && st.st_size == SEAL_KEY_BYTES && io_read_all(fd, key, SEAL_KEY_BYTES);
}

static int open_key(int folder, const char *file)
{
    return openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool write_random(int fd)
{
    uint8_t key[SEAL_KEY_BYTES];
    return getrandom(key, sizeof key, 0) == sizeof key && io_write_all(fd, key, sizeof key)
           && fsync(fd) == 0;
}

/* The key gets its name when all of it is written. Of two processes that create it at once one
 * succeeds, and both read what that one wrote. */
static bool create_key(int folder, const char *file)
{
    uint8_t random[8];
    char digits[2 * sizeof random + 1], temporary[NAME_MAX + 1];

    if (getrandom(random, sizeof random, 0) != sizeof random) {
        return false;
    }

    hex_encode_into((struct bytes){ random, sizeof random }, digits);
    int n = snprintf(temporary, sizeof temporary, "%s.%s", file, digits);
    if (n < 0 || n >= (int)sizeof temporary) {
        return false;
    }

    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }

    bool ok =
        write_random(fd) && (linkat(folder, temporary, folder, file, 0) == 0 || errno == EEXIST);
    (void)unlinkat(folder, temporary, 0); /* a file that stays is a key that nothing reads */
    close(fd);
    return ok;
}

static bool load_key(int folder, const char *name, uint8_t key[SEAL_KEY_BYTES],
                     enum store_error *why)
{
    char file[NAME_MAX + 1];
    int n = snprintf(file, sizeof file, "%s-key", name);

    *why = STORE_NAME_TOO_LONG;
    if (n < 0 || n >= (int)sizeof file) {
        return false;
    }

    int fd = open_key(folder, file);
    if (fd < 0 && errno == ENOENT && create_key(folder, file)) {
        fd = open_key(folder, file);
    }

    *why = STORE_BAD_KEY;
    bool ok = fd >= 0 && read_key(fd, key);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

char *store_files_prepare(const char *path, uint8_t key[SEAL_KEY_BYTES], enum store_error *why)
{
    char *real;
    const char *name;
    int folder = open_folder(path, &real, &name);

    *why = STORE_CANNOT_OPEN;
    if (folder < 0) {
        return NULL;
    }

    bool ok = check_folder(folder, why) && create_database(folder, name, why)
              && check_files(folder, name, why) && load_key(folder, name, key, why);
    close(folder);

    if (!ok) {
        free(real);
        real = NULL;
    }
    return real;
}
