package org.openautoglm;

/**
 * The number format of the large matrix products; sums are always kept in fp32. What is smaller than fp32 is measured on a set of built-in pictures and texts when a
 * model is loaded in it for the first time on a machine, and remembered: see {@link OpenAutoGlm#checkPrecisions(java.nio.file.Path, LoadOptions)}.
 */
public enum Precision { // in the order of oag_precision
    /** {@link #BF16} where the device has its arithmetic and it is accurate with the model's weights, else {@link #FP32}. Never refuses. */
    AUTO,
    /** 32-bit floats: equal to the reference implementation up to rounding. */
    FP32,
    /** 16-bit floats with the range of fp32. Half the memory; on a CPU without bf16 arithmetic no faster. */
    BF16,
    /** 16-bit IEEE floats. Not on the host. */
    FP16,
    /** 8-bit integers, scaled per channel and token; the matrices that suffer most are kept in a larger format where it takes that. */
    INT8
}
