package org.openautoglm;

/** The instruction set that the host's kernels are built for. */
public enum Isa { // in the order of oag_isa
    /** The environment variable {@code OPENAUTOGLM_ISA} if it is set, else the best of this CPU. */
    AUTO,
    /** Plain C++ for any CPU: slow, and what the others are tested against. */
    REFERENCE,
    /** x86-64 with AVX2 and FMA. */
    AVX2,
    /** x86-64 with AVX-512 F, BW, VL and DQ. */
    AVX512,
    /** Arm64. */
    NEON
}
