/* clamd.h - the door for programs that speak clamd's protocol (clamd(8)).
 *
 *   zCOMMAND\0 or nCOMMAND\n: PING VERSION VERSIONCOMMANDS INSTREAM FILDES SCAN CONTSCAN MULTISCAN ALLMATCHSCAN
 *   IDSESSION END; a reply a file: "NAME: OK", "NAME: MA.RULE FOUND", "NAME: REASON ERROR"
 *
 * What was not read whole is an ERROR, never OK; so is what a name says is a model and nobody
 * knows. There is no 2 GiB cap. */
#ifndef MA_SERVE_CLAMD_H
#define MA_SERVE_CLAMD_H
#include "scan_service.h"

struct clamd;
/* Takes over fd.  NULL after a message. */
struct clamd *clamd_start(struct scan_service *g, int fd);
/* No new connections. */
void clamd_quiesce(struct clamd *c);
/* Ends the connections and waits for their threads. */
void clamd_stop(struct clamd *c); /* accepts NULL */

/* --- one connection (clamd_session.c) --- */
/* Until it ends; fd is closed by whoever calls. */
void clamd_session(struct scan_service *g, int fd);
#endif
