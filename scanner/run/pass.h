/* pass.h - the one pass over all bytes of a file: what hashes parses nothing. */
#ifndef MA_PASS_H
#define MA_PASS_H
#include <stdbool.h>
#include <stdint.h>

/* SHA-256 over exactly `size` bytes of fd, read block by block.  False with
 * *reason set when the file could not be read, or is no longer of that size. */
bool pass_hash(int fd, uint64_t size, uint8_t sha256[32], const char **reason);
#endif
