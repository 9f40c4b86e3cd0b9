/* spool.h - private copies of the files to scan: unlinked temporary files, hashed while they are
 * written. */
#ifndef MA_SERVE_SPOOL_H
#define MA_SERVE_SPOOL_H
#include "../../parsers/base/cursor.h"

/* The folder of all copies, and how many bytes they may have. */
struct spool_quota;

/* spool_quota_new returns NULL when out of memory. */
struct spool_quota *spool_quota_new(const char *folder, uint64_t max_file, uint64_t max_all);

/* spool_quota_free accepts NULL. */
void spool_quota_free(struct spool_quota *q);

/* spool_quota_used returns the bytes that are reserved, written or not. */
uint64_t spool_quota_used(struct spool_quota *q);

enum spool_end { SPOOL_OK, SPOOL_TOO_LARGE, SPOOL_BUSY, SPOOL_FULL, SPOOL_FAILED };

/* spool_reason returns a message for the user. */
const char *spool_reason(enum spool_end end);

struct spool;

/* spool_new creates an empty copy. declared_bytes is the size that the sender declares, or 0; it is
 * reserved in the quota and not allocated. Returns NULL with *end. */
struct spool *spool_new(struct spool_quota *q, uint64_t declared_bytes, enum spool_end *end);

/* spool_write appends n bytes. */
enum spool_end spool_write(struct spool *s, const void *p, size_t n);

/* spool_finish ends the copy and returns its digest. Returns false on failure. */
MUST_CHECK bool spool_finish(struct spool *s, uint8_t sha256[32]);

int spool_fd(const struct spool *s);
uint64_t spool_size(const struct spool *s);

/* spool_free deletes the copy and returns its bytes to the quota; it accepts NULL. */
void spool_free(struct spool *s);
#endif
