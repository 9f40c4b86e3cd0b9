/* hub_cache.h - how download caches lay models out, where that matters to a scan.
 *
 *   Hugging Face    models--ORG--NAME/blobs/HEX               the bytes; 64 digits: their SHA-256, 40: a git object's SHA-1
 *                   models--ORG--NAME/snapshots/REV/FILE      a symlink to ../../blobs/HEX (one more .. a subfolder)
 *   Ollama          models/blobs/sha256-HEX                   the bytes, by their SHA-256
 *
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache; ollama's server/modelpath.go. */
#ifndef MA_SCAN_HUB_CACHE_H
#define MA_SCAN_HUB_CACHE_H
#include "../report/report.h"

/* The number of "../" of a snapshot's link, and *name behind "blobs/"; 0: it is no such link. */
unsigned hub_cache_link(const char *text, const char **name);
/* Is this the name of a blob: it has another one, by which models are opened? */
bool hub_cache_is_blob(const char *rel);
/* "model-00002-of-00003.gguf", as llama.cpp splits: how many parts there are, and the length of
 * the name in front of the number; 0: none. */
unsigned hub_cache_parts(const char *rel, size_t *stem);
/* A blob that is named by its SHA-256, and is not what its name says. */
bool hub_cache_is_wrong(const struct file_report *f);
#endif
