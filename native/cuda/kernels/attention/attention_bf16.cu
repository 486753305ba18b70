#include "kernels/attention/instances.h"

OAG_ATTENTION_KERNELS(bf16, simt::bf16_t)
