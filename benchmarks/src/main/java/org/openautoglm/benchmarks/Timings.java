package org.openautoglm.benchmarks;

import java.util.Arrays;

/**
 * What the repetitions of one side took.
 *
 * @param minimum in seconds: what the machine can do; other programs only add to it
 * @param median in seconds: what was usual during the run
 */
record Timings(double minimum, double median) {
    /** Of one or more durations in nanoseconds; the array is left as it is. */
    static Timings ofNanos(long[] nanos) {
        if (nanos.length == 0) {
            throw new IllegalArgumentException("there are no durations");
        }
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
        return new Timings(sorted[0] * 1e-9, median * 1e-9);
    }
}
