/* hub_cache.h - how download caches name the files of a model.
 *
 *   Hugging Face    models--ORG--NAME/blobs/HEX           the bytes; 64 digits: their SHA-256,
 *                                                         40: the SHA-1 of a git object
 *                   models--ORG--NAME/snapshots/REV/FILE  a symlink to ../../blobs/HEX
 *                                                         (one more .. for a subfolder)
 *   Ollama          models/blobs/sha256-HEX               the bytes, by their SHA-256
 *
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache; ollama's server/modelpath.go. */
#ifndef MA_SCAN_HUB_CACHE_H
#define MA_SCAN_HUB_CACHE_H
#include "../report/report.h"

/* hub_cache_link returns the number of "../" in a snapshot's link and sets *name to what follows
 * "blobs/". Returns 0 for any other link. */
unsigned hub_cache_link(const char *text, const char **name);
/* hub_cache_is_blob says whether this is the name of a blob, which models are not opened by. */
bool hub_cache_is_blob(const char *rel);
/* hub_cache_parts returns the number of parts of a model that llama.cpp has split
 * ("model-00002-of-00003.gguf"), and sets *stem to the length of the name in front of the number.
 * Returns 0 for any other name. */
unsigned hub_cache_parts(const char *rel, size_t *stem);
/* hub_cache_is_wrong says whether a blob that is named by its SHA-256 has another one. */
bool hub_cache_is_wrong(const struct file_report *f);
#endif
