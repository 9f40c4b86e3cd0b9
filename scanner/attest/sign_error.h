/* sign_error.h - the reasons why nothing is signed, by the codes of sign_errors.def. */
#ifndef MA_ATTEST_SIGN_ERROR_H
#define MA_ATTEST_SIGN_ERROR_H
enum sign_error {
    SIGN_OK,
#define SIGN_ERROR(code, text) SIGN_##code,
#include "sign_errors.def"
#undef SIGN_ERROR
    NUM_SIGN_ERRORS
};

/* sign_error_text returns a static text for a message. */
const char *sign_error_text(enum sign_error e);
#endif
