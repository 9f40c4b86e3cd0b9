/* progress.h - a line on standard error with the progress of a scan. */
#ifndef MA_CLI_PROGRESS_H
#define MA_CLI_PROGRESS_H
#include "../scan/scan.h"

struct progress_line {
    /* The value for scan_options.progress. It points to this struct, which must not move. */
    struct progress hooks;
    /* Files and bytes that are expected so far. */
    uint64_t files, bytes;
    /* Bytes that were hashed. */
    uint64_t done;
    /* Start of the scan, and the last time that the line was printed. */
    uint64_t start_ms, printed_ms;
    bool visible;
};

/* progress_init starts a line. when is "always", "never", or "auto": only where standard error is
 * a terminal. Returns false when nothing is to be printed: the hooks are then not needed. */
bool progress_init(struct progress_line *p, const char *when);

/* progress_done erases the line. */
void progress_done(struct progress_line *p);
#endif
