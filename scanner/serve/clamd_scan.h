/* clamd_scan.h - the commands of the clamd protocol that scan. Each returns false when the
 * connection is to be closed. */
#ifndef MA_SERVE_CLAMD_SCAN_H
#define MA_SERVE_CLAMD_SCAN_H
#include "clamd_session.h"

/* clamd_scan_stream scans the bytes that follow (INSTREAM). */
bool clamd_scan_stream(struct clamd_session *s);

/* clamd_scan_fd scans a passed descriptor (FILDES). */
bool clamd_scan_fd(struct clamd_session *s);

/* clamd_scan_path scans a file or folder (SCAN and the like). With all_files false it stops at the
 * first file with a finding. */
bool clamd_scan_path(struct clamd_session *s, const char *path, bool all_files);
#endif
