package org.openautoglm;

/**
 * What a loaded model runs on. The fields are what was chosen, so none of them is AUTO.
 *
 * @param device where it computes
 * @param isa the instruction set of the host's share of the work
 * @param precision the number format of the matrix products
 * @param threads compute threads, the caller's included
 * @param description one line, such as {@code host avx512 fp32, 2 threads}
 * @param reason why these, and why not the others
 */
public record Backend(Device device, Isa isa, Precision precision, int threads, String description, String reason) {
    /** The {@link #description()}. */
    @Override public String toString() {
        return description;
    }
}
