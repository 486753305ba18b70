// What the static libjpeg and libpng find in the place of libc's stderr (see CMakeLists.txt for the reason). Only their default
// error and warning handlers would write to it, and image/ installs its own before the first call: this library never prints.
#include <stdio.h>

extern FILE* oag_codec_stderr;
FILE* oag_codec_stderr = NULL;
