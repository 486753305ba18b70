#include "kernels/attention/instances.h"

OAG_ATTENTION_KERNELS(f16, simt::half_t)
