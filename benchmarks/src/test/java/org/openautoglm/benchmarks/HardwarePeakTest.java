package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class HardwarePeakTest {
    @Test
    void disturbedMeasurementsDoNotCount() {
        Queue<Double> measured = new ArrayDeque<>(List.of(2.0, 4.0, 3.0, 1.0, 2.0, /* second call */ 2.0, /* third */ 5.0));
        HardwarePeak peak = new HardwarePeak(measured::remove);
        assertEquals(4, peak.getAsDouble());
        assertEquals(4, peak.getAsDouble());
        assertEquals(5, peak.getAsDouble());
        assertEquals(0, measured.size());
    }
}
