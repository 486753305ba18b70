package org.openautoglm;

/** The number format of the large matrix products; sums are always kept in fp32. */
public enum Precision { // in the order of oag_precision
    /** The fastest that is checked for the device. */
    AUTO,
    /** 32-bit floats: equal to the reference implementation up to rounding. */
    FP32,
    /** 16-bit floats with the range of fp32. */
    BF16,
    /** 16-bit IEEE floats. */
    FP16,
    /** 8-bit integers, scaled per channel and token. */
    INT8
}
