package org.openautoglm;

/**
 * What a loaded model runs on. The fields are what was chosen, so none of them is AUTO.
 *
 * @param device where it computes
 * @param isa the instruction set of the host's share of the work
 * @param precision the number format of the matrix products
 * @param leastImageCosine the least cosine with the fp32 embedding over the built-in pictures; 1 in fp32, NaN when the model takes no pictures
 * @param leastTextCosine the same over the built-in texts
 * @param threads compute threads, the caller's included
 * @param description one line, such as {@code host avx512 fp32, 2 threads}
 * @param reason why these, and why not the others; and which matrices are kept in a larger format
 */
public record Backend(Device device, Isa isa, Precision precision, double leastImageCosine, double leastTextCosine, int threads,
                      String description, String reason) {
    /** The {@link #description()}. */
    @Override public String toString() {
        return description;
    }
}
