package org.openautoglm.benchmarks.soak;

import java.util.List;
import java.util.Locale;

/**
 * Whether a process stops growing. Of the windows after the warm-up, the last third is compared with the first third, each by the median of
 * its windows' medians: a leak lifts all of the last third, while what a JVM takes for some windows and gives back (a compilation) counts
 * for nothing. The growth may be {@link #ALLOWED_BYTES} and a few bytes for each step between the middles of the two thirds.
 *
 * <p>The constant is what a JVM with a fixed heap still does of its own (compiled code, class data, malloc's arenas); benchmarks/README.md has the measurements. The
 * part per step is below any leak in a call: the smallest block that malloc gives takes 32 bytes.
 *
 * @param growth bytes; negative when the process shrank
 * @param allowed bytes
 */
record Flatness(long growth, long allowed) {
    /** Windows at the begin that do not count, as a share of all. */
    static final double WARM_UP = 0.2;
    static final long ALLOWED_BYTES = 3L << 20;

    private static final int FEWEST_WINDOWS = 5;

    /**
     * Judges a phase.
     *
     * @param windows equal shares of the work, in order; at least five
     * @param allowedPerStep bytes
     */
    static Flatness of(List<Window> windows, double allowedPerStep) {
        if (windows.size() < FEWEST_WINDOWS) {
            throw new IllegalArgumentException(windows.size() + " windows say nothing: there must be at least " + FEWEST_WINDOWS);
        }
        List<Window> measured = windows.subList(warmUp(windows.size()), windows.size());
        int third = Math.max(1, measured.size() / 3);
        int between = measured.size() - third; // windows from the middle of the first third to that of the last
        double steps = between * (double) (windows.get(windows.size() - 1).lastStep() + 1) / windows.size();
        long growth = median(measured.subList(between, measured.size())) - median(measured.subList(0, third));
        return new Flatness(growth, ALLOWED_BYTES + Math.round(allowedPerStep * steps));
    }

    private static long median(List<Window> windows) {
        return new Window(0, 0, 0, windows.stream().mapToLong(Window::median).toArray()).median();
    }

    /** How many of the windows are warm-up. */
    static int warmUp(int windows) {
        return (int) Math.ceil(WARM_UP * windows);
    }

    /** The verdict. */
    boolean flat() {
        return growth <= allowed;
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s: grew by %.1f MiB, allowed are %.1f MiB", flat() ? "flat" : "NOT FLAT", growth / 1048576.0, allowed / 1048576.0);
    }
}
