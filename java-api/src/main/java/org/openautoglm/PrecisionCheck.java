package org.openautoglm;

import java.util.List;

/**
 * How close each precision comes to fp32 with one model's weights on this machine, measured on built-in pictures and texts.
 *
 * @param modelHash as in {@link ModelInfo#hash()}
 * @param backend what it was measured on, such as {@code host avx512, 2 threads}
 * @param automatic what {@link Precision#AUTO} gives
 * @param matrices of the model: {@link Line#kept} is out of so many
 * @param pictures samples; 0 when the model takes none
 * @param texts samples; 0 when the model takes none
 * @param lines FP32, BF16, FP16, INT8
 */
public record PrecisionCheck(String modelHash, String backend, Precision automatic, int matrices, int pictures, int texts, List<Line> lines) {
    /**
     * One precision.
     *
     * @param precision which
     * @param refusal why the device does not compute in it; null when it does
     * @param accurate whether a load in it is let through
     * @param nativeArithmetic whether the device has arithmetic of this format; without it, it is no faster than fp32
     * @param requiredCosine what the least cosine must be
     * @param images cosines with the fp32 embeddings of the pictures; null in FP32, when it is refused, and when the model takes no pictures
     * @param textCosines cosines with the fp32 embeddings of the texts; null likewise
     * @param kept matrices that are computed in {@code keptPrecision}, because they suffer most
     * @param keptPrecision null when none is kept
     * @param leastWithoutKept the least cosine of all samples if none were kept; null when none is
     */
    public record Line(Precision precision, String refusal, boolean accurate, boolean nativeArithmetic, double requiredCosine, Cosines images,
                       Cosines textCosines, List<String> kept, Precision keptPrecision, Double leastWithoutKept) { }

    /**
     * Cosines over the samples of one kind.
     *
     * @param least the worst sample's
     * @param mean of all
     * @param alike the largest between the fp32 embeddings of two different samples: near 1, the samples tell little about this model
     */
    public record Cosines(double least, double mean, double alike) { }
}
