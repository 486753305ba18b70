package org.openautoglm.benchmarks;

import java.util.function.DoubleSupplier;

/**
 * The highest of the peaks measured so far in this run. Noise only lowers one, and a share of a peak that was lowered would flatter: where other
 * programs keep half of the CPUs during one measurement, an earlier one still counts.
 */
final class HardwarePeak implements DoubleSupplier {
    private static final int FIRST_MEASUREMENTS = 5;

    private final DoubleSupplier measure;
    private double highest;

    /**
     * Measures nothing yet.
     *
     * @param measure operations per second, now
     */
    HardwarePeak(DoubleSupplier measure) {
        this.measure = measure;
    }

    /** Measures again, the first time more often. */
    @Override public double getAsDouble() {
        int measurements = highest == 0 ? FIRST_MEASUREMENTS : 1;
        for (int i = 0; i < measurements; i++) {
            highest = Math.max(highest, measure.getAsDouble());
        }
        return highest;
    }
}
