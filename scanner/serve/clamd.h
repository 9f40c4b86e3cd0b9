/* clamd.h - the listener for clients of the clamd protocol (clamd(8)).
 *
 *   zCOMMAND\0 or nCOMMAND\n: PING VERSION VERSIONCOMMANDS INSTREAM FILDES SCAN CONTSCAN MULTISCAN
 *   ALLMATCHSCAN IDSESSION END
 *   one reply per file: "NAME: OK", "NAME: MA.RULE FOUND", "NAME: REASON ERROR"
 *
 * A file that was not read completely is an ERROR, never OK; so is one that is named like a model
 * and has an unknown format. There is no limit of 2 GiB. */
#ifndef MA_SERVE_CLAMD_H
#define MA_SERVE_CLAMD_H
#include "scan_service.h"

struct clamd;

/* clamd_start accepts connections on fd, each in a thread. Takes over fd on success. Returns NULL
 * when out of memory. */
struct clamd *clamd_start(struct scan_service *service, int fd);

/* clamd_quiesce accepts no new connections. It accepts NULL. */
void clamd_quiesce(struct clamd *c);

/* clamd_stop ends the connections and waits for their threads; it accepts NULL. */
void clamd_stop(struct clamd *c);
#endif
