/* spool.h - private copies of what is to be scanned: unlinked files, hashed while they are
 * written. */
#ifndef MA_SERVE_SPOOL_H
#define MA_SERVE_SPOOL_H
#include "../../parsers/base/cursor.h"

/* Where copies lie, and how much of them there may be. */
struct spool_quota;
struct spool_quota *spool_quota_new(const char *folder, uint64_t max_file, uint64_t max_all);
void spool_quota_free(struct spool_quota *r); /* accepts NULL */
uint64_t spool_quota_used(struct spool_quota *r); /* bytes, announced ones too */
uint64_t spool_quota_max_file(const struct spool_quota *r);

enum spool_end { SPOOL_OK, SPOOL_TOO_LARGE, SPOOL_BUSY, SPOOL_FULL, SPOOL_FAILED };
struct spool;
/* announced: the size that the sender promises, or 0; it is set aside at once, and never allocated.
 * NULL: *end says why. */
struct spool *spool_new(struct spool_quota *r, uint64_t declared_bytes, enum spool_end *end);
enum spool_end spool_write(struct spool *s, const void *p, size_t n);
/* The digest; false: it could not be computed. */
MUST_CHECK bool spool_finish(struct spool *s, uint8_t sha256[32]);
int spool_fd(const struct spool *s);
uint64_t spool_size(const struct spool *s);
void spool_free(struct spool *s); /* accepts NULL; gives its room back */
#endif
