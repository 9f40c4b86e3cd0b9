/* loader_names.h - files that loaders look for by name. */
#ifndef MA_OBJECT_LOADER_NAMES_H
#define MA_OBJECT_LOADER_NAMES_H
#include "../../parsers/base/parser.h"

/* loader_by_name() says what loaders take a file for by its name, the last part of its label: a
 * JSON configuration, a chat template, or AS_FOUND.  A text of another kind by such a name is
 * AS_FOUND. */
enum inner_as loader_by_name(const char *label, const struct glimpse *g);
#endif
