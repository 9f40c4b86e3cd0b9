#include "sign_error.h"

const char *sign_error_text(enum sign_error e)
{
    static const char *const texts[NUM_SIGN_ERRORS] = {
        [SIGN_OK] = "",
#define SIGN_ERROR(code, text) [SIGN_##code] = text,
#include "sign_errors.def"
#undef SIGN_ERROR
    };
    return texts[e];
}
