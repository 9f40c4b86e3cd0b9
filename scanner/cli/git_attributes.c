#include "git_attributes.h"

#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";
static const char encoding[] = "working-tree-encoding";
static const char ident[] = "ident";

bool git_attributes_is_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    return strcasecmp(name, ".gitattributes") == 0; /* some file systems ignore case */
}

/* An attribute that is set; "-name" and "!name" take it away. */
static const char *rewrites(const char *word)
{
    static const size_t n = sizeof encoding - 1;

    if (strcmp(word, ident) == 0) {
        return ident;
    }
    return strncmp(word, encoding, n) == 0 && (word[n] == 0 || word[n] == '=') ? encoding : NULL;
}

/* "PATTERN ATTRIBUTE ..." or "[attr]MACRO ATTRIBUTE ..."; the words of a quoted pattern are read
 * like attributes. */
static const char *find_in_line(char *line)
{
    char *rest = NULL;
    const char *word = strtok_r(line, blanks, &rest);
    const char *found = NULL;

    if (word == NULL || word[0] == '#') {
        return NULL;
    }

    while (found == NULL && (word = strtok_r(NULL, blanks, &rest)) != NULL) {
        found = rewrites(word);
    }
    return found;
}

const char *git_attributes_find_rewrite(FILE *f)
{
    char *line = NULL;
    size_t cap = 0;
    const char *found = NULL;

    while (found == NULL && getline(&line, &cap, f) > 0) {
        found = find_in_line(line);
    }

    free(line);
    return found;
}
