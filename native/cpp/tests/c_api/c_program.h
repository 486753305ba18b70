/* The part of the tests that is C. */
#ifndef OAG_C_PROGRAM_H
#define OAG_C_PROGRAM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes and offsets of the public structs as a C compiler sees them, in the order of c_program.c. */
size_t oag_test_layout(size_t* numbers, size_t capacity);

/* Loads `folder`, encodes one gray picture and scores it against one text of ids; NULL, or what failed. */
const char* oag_test_session(const char* folder, char* error, size_t error_capacity);

#ifdef __cplusplus
}
#endif
#endif
