/* progress.h - one line on standard error that says how far a scan is. */
#ifndef MA_CLI_PROGRESS_H
#define MA_CLI_PROGRESS_H
#include "../scan/scan.h"

struct progress_line {
    struct progress hooks; /* for scan_options.progress; points back here: do not move */
    uint64_t files, bytes, done; /* expected so far; bytes hashed so far */
    uint64_t start_ms;
    uint64_t shown_ms; /* when the line was last written */
    bool visible;
};
/* when: "always", "never", or "auto": only where standard error is a terminal.
 * False: nothing will be shown, and nobody has to call. */
bool progress_init(struct progress_line *p, const char *when);
void progress_done(struct progress_line *p); /* wipes the line */
#endif
