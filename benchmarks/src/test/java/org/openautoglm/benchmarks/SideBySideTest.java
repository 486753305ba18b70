package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class SideBySideTest {
    private final StringBuilder calls = new StringBuilder();

    /** One-hot rows {@code [8, 8]}: of row i, element {@code (i + shift) % 8} is 1. */
    private Contender.Call side(char name, int shift) {
        float[] rows = new float[64];
        for (int i = 0; i < 8; i++) {
            rows[8 * i + (i + shift) % 8] = 1;
        }
        return () -> {
            calls.append(name);
            return rows;
        };
    }

    private double peak() {
        calls.append('^');
        return 1;
    }

    @Test
    void comparedThenWarmedUpThenInTurnWithThePeakOnBothSides() throws Exception {
        SideBySide.Result result = new SideBySide(4, 3, 0, this::peak).measure(Examples.withPeer(side('o', 0), side('p', 0)));
        assertEquals("op" + "opop" + "^" + "oppooppo" + "^", calls.toString());
        assertEquals(1, result.lowestCosine());
        assertTrue(result.ours().minimum() > 0 && result.ours().minimum() <= result.ours().median());
        assertTrue(result.peer().minimum() > 0 && result.peer().minimum() <= result.peer().median());
    }

    @Test
    void sidesThatDisagreeAreNotTimed() {
        assertThrows(Agreement.Disagreement.class,
            () -> new SideBySide(4, 3, 0, this::peak).measure(Examples.withPeer(side('o', 0), side('p', 1))));
        assertEquals("op", calls.toString());
    }

    @Test
    void resultsInOneReusedArrayAreComparedByValue() {
        float[] shared = new float[64];
        Contender.Call ours = () -> fill(shared, 0);
        Contender.Call peer = () -> fill(shared, 1);
        assertThrows(Agreement.Disagreement.class, () -> new SideBySide(1, 1, 0, this::peak).measure(Examples.withPeer(ours, peer)));
    }

    private static float[] fill(float[] rows, int shift) {
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                rows[8 * i + j] = j == (i + shift) % 8 ? 1 : 0;
            }
        }
        return rows;
    }

    @Test
    void timesBelongToTheirSide() throws Exception {
        Contender.Call fast = side('o', 0);
        Contender.Call slow = () -> {
            Thread.sleep(30); // never returns before
            return fast.run();
        };
        SideBySide.Result result = new SideBySide(3, 1, 0, this::peak).measure(Examples.withPeer(fast, slow));
        assertTrue(result.peer().minimum() >= 0.029, () -> "peer " + result.peer());
        assertTrue(Row.of(Examples.withPeer(fast, slow), result, Examples.MACHINE, 1, "", null).peer_min_ms() >= 29);
        SideBySide.Result swapped = new SideBySide(3, 1, 0, this::peak).measure(Examples.withPeer(slow, fast));
        assertTrue(swapped.ours().minimum() >= 0.029, () -> "ours " + swapped.ours());
    }

    @Test
    void higherPeakCounts() throws Exception {
        for (List<Double> answers : List.of(List.of(5.0, 3.0), List.of(3.0, 5.0))) {
            Queue<Double> queue = new ArrayDeque<>(answers);
            assertEquals(5, new SideBySide(1, 1, 0, queue::remove).measure(Examples.alone(side('o', 0))).peakFlops());
        }
    }

    @Test
    void withoutPeerOursRunsAlone() throws Exception {
        SideBySide.Result result = new SideBySide(2, 2, 0, this::peak).measure(Examples.alone(side('o', 0)));
        assertEquals("oo^oo^", calls.toString());
        assertNull(result.peer());
        assertNull(result.lowestCosine());
    }
}
