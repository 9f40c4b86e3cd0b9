/* version.c - MA_VERSION and MA_ENGINE come from the Makefile. */
#include "version.h"

const char *scanner_version(void) { return MA_VERSION; }

const char *scanner_engine(void) { return MA_VERSION "+" MA_ENGINE; }

const char *scanner_purl(void) { return "pkg:generic/modelassay@" MA_VERSION; }
