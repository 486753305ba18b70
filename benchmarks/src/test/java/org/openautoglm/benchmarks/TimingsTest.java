package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class TimingsTest {
    @Test
    void minimumAndMedianOfAnOddNumber() {
        assertEquals(new Timings(2, 5), Timings.ofNanos(new long[] {9_000_000_000L, 2_000_000_000L, 5_000_000_000L}));
    }

    @Test
    void medianOfAnEvenNumberIsBetweenTheMiddleTwo() {
        assertEquals(new Timings(1, 3), Timings.ofNanos(new long[] {100_000_000_000L, 1_000_000_000L, 4_000_000_000L, 2_000_000_000L}));
    }

    @Test
    void oneRepetitionIsBoth() {
        assertEquals(new Timings(3, 3), Timings.ofNanos(new long[] {3_000_000_000L}));
    }

    @Test
    void durationsKeepTheirOrder() {
        long[] nanos = {3, 1, 2};
        Timings.ofNanos(nanos);
        assertArrayEquals(new long[] {3, 1, 2}, nanos);
    }

    @Test
    void noneIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Timings.ofNanos(new long[0]));
    }
}
