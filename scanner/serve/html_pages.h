/* html_pages.h - what the daemon says of itself. */
#ifndef MA_SERVE_HTML_PAGES_H
#define MA_SERVE_HTML_PAGES_H
#include "scan_service.h"

/* Prometheus' text format; heap, or NULL. */
char *page_metrics(struct gate *g);
/* The status page: HTML without scripts, in which no name is more than text.  Heap, or NULL. */
char *page_status(struct gate *g);
/* Can anything be scanned? */
bool page_healthy(struct gate *g);
#endif
