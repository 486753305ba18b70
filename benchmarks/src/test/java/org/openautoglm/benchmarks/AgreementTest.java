package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class AgreementTest {
    private static double check(float[] ours, float[] peers, int items) {
        return Agreement.check(ours, peers, items, Agreement.LEAST_COSINE);
    }

    @Test void reducedPrecisionsMayBeOffByMoreAndNotByAnything() {
        float[] off = {1, 2, 3, -3, 1.01f, 0.55f};
        float[] exact = {1, 2, 3, -3, 1, 0.5f};
        double lowest = Agreement.check(off, exact, 2, Agreement.leastCosine("bf16"));
        assertTrue(lowest < Agreement.LEAST_COSINE && lowest > Agreement.leastCosine("bf16"), () -> "cosine " + lowest);
        assertThrows(Agreement.Disagreement.class, () -> check(off, exact, 2));
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(new float[] {1, 2, 3, -3, 2, 0}, exact, 2, Agreement.leastCosine("int8")));
    }

    private static final float[] ROWS = {1, 2, 3, -3, 1, 0.5f}; // [2, 3]

    @Test
    void theSameHasCosineOne() {
        assertEquals(1, check(ROWS, ROWS.clone(), 2), 1e-12);
    }

    @Test
    void lowestCosineOfTheRowsIsGiven() {
        float[] near = ROWS.clone();
        near[4] += 0.01f;
        double lowest = check(ROWS, near, 2);
        // (9 + 1.01 + 0.25) / (√10.25 · √10.2701)
        assertEquals(10.26 / Math.sqrt(10.25 * 10.2701), lowest, 1e-7);
        assertTrue(lowest < 1);
        float[] swapped = {-3, 1, 0.5f, 1, 2, 3};
        assertEquals(lowest, check(swapped, new float[] {-3, near[4], 0.5f, 1, 2, 3}, 2), "in whichever row it is");
    }

    @Test
    void oneBadRowIsEnough() {
        float[] off = ROWS.clone();
        off[3] = -3.1f;
        off[4] = 1.1f;
        String message = assertThrows(Agreement.Disagreement.class, () -> check(ROWS, off, 2)).getMessage();
        assertTrue(message.startsWith("item 1 has cosine 0.999"), message);
    }

    @Test
    void negatedRowsDisagree() {
        float[] negated = {-1, -2, -3, 3, -1, -0.5f};
        assertThrows(Agreement.Disagreement.class, () -> check(ROWS, negated, 2));
    }

    @Test
    void swappedRowsDisagree() {
        assertThrows(Agreement.Disagreement.class, () -> check(ROWS, new float[] {-3, 1, 0.5f, 1, 2, 3}, 2));
    }

    @Test
    void rowsThatAreAllTheSameProveNothing() {
        float[] same = {1, 2, 3, 1, 2, 3};
        assertTrue(assertThrows(Agreement.Disagreement.class, () -> check(same, same, 2)).getMessage().contains("too alike"));
    }

    @Test
    void whatIsNoNumberDisagrees() {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            float[] broken = ROWS.clone();
            broken[0] = value;
            assertThrows(Agreement.Disagreement.class, () -> check(ROWS, broken, 2));
            assertThrows(Agreement.Disagreement.class, () -> check(broken, ROWS, 2));
            assertThrows(Agreement.Disagreement.class, () -> check(broken, broken, 2));
            float[] one = {value, 1, 2};
            assertThrows(Agreement.Disagreement.class, () -> check(one, one, 1), "no other row to be nearer to");
        }
        assertThrows(Agreement.Disagreement.class, () -> check(new float[6], new float[6], 2), "zeros");
    }

    @Test
    void sizesMustBeEqual() {
        assertThrows(Agreement.Disagreement.class, () -> check(ROWS, new float[3], 2));
        assertThrows(Agreement.Disagreement.class, () -> check(ROWS, ROWS, 4));
        assertThrows(Agreement.Disagreement.class, () -> check(new float[0], new float[0], 1));
    }
}
