package org.openautoglm.benchmarks;

import java.util.Objects;

/**
 * One side of a {@link Case}: computes the case's results once per call, from inputs it already holds.
 *
 * @param name as in the results, such as {@code onnxruntime}
 * @param version of what computes
 * @param backend what it runs on, such as {@code host avx512 fp32, 2 threads}
 * @param call the timed call
 * @param operations fp32 multiply and add operations that one call executes in matrix products, convolutions and attention; see
 *     {@link ClipOperations}
 */
record Contender(String name, String version, String backend, Call call, long operations) {
    /** Computes {@code [items, dimension]}, a new or reused array that stays valid until the next call. */
    @FunctionalInterface interface Call {
        float[] run() throws Exception;
    }

    Contender {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(call, "call");
        if (operations < 1) {
            throw new IllegalArgumentException("operations is " + operations + ", but must be at least 1");
        }
    }
}
