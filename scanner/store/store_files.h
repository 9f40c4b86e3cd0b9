/* store_files.h - the files of a store, checked before SQLite opens any of them.
 *
 *     NAME                            the database
 *     NAME-wal NAME-shm NAME-journal  written and read by SQLite
 *     NAME-key                        32 random bytes, mode 0600: the key of the seals
 *
 * Writers of these files, and of their folder, control what SQLite reads. So the folder belongs to
 * the user of this process and no other user may write to it; the same holds for each file, which
 * is a regular file with one name. */
#ifndef MA_STORE_STORE_FILES_H
#define MA_STORE_STORE_FILES_H
#include "seal.h"

/* store_files_prepare checks folder and files, creates database and key when they are not there,
 * and reads the key. Returns the real path of the database, which the caller frees. On failure it
 * returns NULL with *why. */
char *store_files_prepare(const char *path, uint8_t key[SEAL_KEY_BYTES], enum store_error *why);
#endif
