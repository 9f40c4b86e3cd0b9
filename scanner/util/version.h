/* version.h - which scanner this is. The values are fixed when version.c is compiled, so that a
 * new version compiles one object. */
#ifndef MA_UTIL_VERSION_H
#define MA_UTIL_VERSION_H

/* The version in the file VERSION, as "0.1.0". */
const char *scanner_version(void);

/* The version and a digest of the sources that decide a verdict, as "0.1.0+HEX": a verdict that
 * is stored under another engine is not used. */
const char *scanner_engine(void);

/* The package URL of this version, as "pkg:generic/modelassay@0.1.0". */
const char *scanner_purl(void);

#endif
