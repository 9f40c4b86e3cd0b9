/* html_pages.h - the status page and the metrics of the daemon. */
#ifndef MA_SERVE_HTML_PAGES_H
#define MA_SERVE_HTML_PAGES_H
#include "scan_service.h"

/* page_metrics returns the metrics in Prometheus' text format on the heap, or NULL. */
char *page_metrics(struct scan_service *service);

/* page_status returns the status page on the heap, or NULL: HTML without scripts, in which names
 * are text only. */
char *page_status(struct scan_service *service);
#endif
