package org.openautoglm.benchmarks.soak;

import java.util.Arrays;

/**
 * Resident memory during a stretch of work.
 *
 * @param firstStep number of the first step (call or cycle) of the stretch
 * @param lastStep number of the last one
 * @param seconds since the begin of the phase, at the end of the stretch
 * @param samples of resident memory in bytes, at least one; not to be changed
 */
record Window(long firstStep, long lastStep, double seconds, long[] samples) {
    /** The sample in the middle: single peaks, such as a compilation of the JVM's, do not count. */
    long median() {
        long[] sorted = samples.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    long least() {
        return Arrays.stream(samples).min().getAsLong();
    }

    long most() {
        return Arrays.stream(samples).max().getAsLong();
    }
}
