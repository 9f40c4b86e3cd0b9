/* html_pages.h - what the daemon says of itself. */
#ifndef MA_SERVE_HTML_PAGES_H
#define MA_SERVE_HTML_PAGES_H
#include "scan_service.h"

/* Prometheus' text format; heap, or NULL. */
char *page_metrics(struct scan_service *g);
/* The status page: HTML without scripts, in which no name is more than text.  Heap, or NULL. */
char *page_status(struct scan_service *g);
/* Can anything be scanned? */
bool page_healthy(struct scan_service *g);
#endif
