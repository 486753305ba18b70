package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class AgreementTest {
    private static final float[] ROWS = {1, 2, 3, -3, 1, 0.5f}; // [2, 3]

    @Test
    void theSameHasCosineOne() {
        assertEquals(1, Agreement.check(ROWS, ROWS.clone(), 2), 1e-12);
    }

    @Test
    void lowestCosineOfTheRowsIsGiven() {
        float[] near = ROWS.clone();
        near[4] += 0.01f;
        double lowest = Agreement.check(ROWS, near, 2);
        // (9 + 1.01 + 0.25) / (√10.25 · √10.2701)
        assertEquals(10.26 / Math.sqrt(10.25 * 10.2701), lowest, 1e-7);
        assertTrue(lowest < 1);
        float[] swapped = {-3, 1, 0.5f, 1, 2, 3};
        assertEquals(lowest, Agreement.check(swapped, new float[] {-3, near[4], 0.5f, 1, 2, 3}, 2), "in whichever row it is");
    }

    @Test
    void oneBadRowIsEnough() {
        float[] off = ROWS.clone();
        off[3] = -3.1f;
        off[4] = 1.1f;
        String message = assertThrows(Agreement.Disagreement.class, () -> Agreement.check(ROWS, off, 2)).getMessage();
        assertTrue(message.startsWith("item 1 has cosine 0.999"), message);
    }

    @Test
    void negatedRowsDisagree() {
        float[] negated = {-1, -2, -3, 3, -1, -0.5f};
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(ROWS, negated, 2));
    }

    @Test
    void swappedRowsDisagree() {
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(ROWS, new float[] {-3, 1, 0.5f, 1, 2, 3}, 2));
    }

    @Test
    void rowsThatAreAllTheSameProveNothing() {
        float[] same = {1, 2, 3, 1, 2, 3};
        assertTrue(assertThrows(Agreement.Disagreement.class, () -> Agreement.check(same, same, 2)).getMessage().contains("too alike"));
    }

    @Test
    void whatIsNoNumberDisagrees() {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            float[] broken = ROWS.clone();
            broken[0] = value;
            assertThrows(Agreement.Disagreement.class, () -> Agreement.check(ROWS, broken, 2));
            assertThrows(Agreement.Disagreement.class, () -> Agreement.check(broken, ROWS, 2));
            assertThrows(Agreement.Disagreement.class, () -> Agreement.check(broken, broken, 2));
            float[] one = {value, 1, 2};
            assertThrows(Agreement.Disagreement.class, () -> Agreement.check(one, one, 1), "no other row to be nearer to");
        }
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(new float[6], new float[6], 2), "zeros");
    }

    @Test
    void sizesMustBeEqual() {
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(ROWS, new float[3], 2));
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(ROWS, ROWS, 4));
        assertThrows(Agreement.Disagreement.class, () -> Agreement.check(new float[0], new float[0], 1));
    }
}
