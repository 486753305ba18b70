package org.openautoglm.benchmarks.soak;

import java.util.List;
import java.util.Locale;

/**
 * Whether a process stops growing. After the warm-up the median of no later window may exceed that of the first one by more than
 * {@link #ALLOWED_BYTES} and {@link #ALLOWED_PER_STEP} for each step between the two.
 *
 * <p>The constant is what a JVM with a fixed heap still does of its own (compiled code, class data, malloc's arenas); it was measured, see benchmarks/README.md. The
 * part per step is far below any leak: the smallest block that malloc gives takes 32 bytes, and every call makes several.
 *
 * @param growth bytes, the largest of the later windows' medians less the first one's; negative when the process shrank
 * @param allowed bytes, at that window
 * @param flat the verdict
 */
record Flatness(long growth, long allowed, boolean flat) {
    /** Windows at the begin that do not count, as a share of all. */
    static final double WARM_UP = 0.2;
    static final long ALLOWED_BYTES = 4L << 20;

    /**
     * Judges a phase.
     *
     * @param windows equal shares of the work, in order; at least five
     * @param allowedPerStep bytes
     */
    static Flatness of(List<Window> windows, double allowedPerStep) {
        if (windows.size() < 5) {
            throw new IllegalArgumentException(windows.size() + " windows say nothing: there must be at least 5");
        }
        Window first = windows.get(warmUp(windows.size()));
        Flatness worst = null;
        for (Window window : windows.subList(warmUp(windows.size()) + 1, windows.size())) {
            long growth = window.median() - first.median();
            long allowed = ALLOWED_BYTES + Math.round(allowedPerStep * (window.lastStep() - first.lastStep()));
            if (worst == null || growth - allowed > worst.growth - worst.allowed) {
                worst = new Flatness(growth, allowed, growth <= allowed);
            }
        }
        return worst;
    }

    /** How many of the windows are warm-up. */
    static int warmUp(int windows) {
        return (int) Math.ceil(WARM_UP * windows);
    }

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s: grew by %.1f MiB, allowed are %.1f MiB", flat ? "flat" : "NOT FLAT", growth / 1048576.0, allowed / 1048576.0);
    }
}
