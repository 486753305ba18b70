package org.openautoglm.benchmarks.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The verdict on made-up days: what grows is found, what only trembles is not. */
class FlatnessTest {
    private static final long BASE = 240L << 20;
    private static final int SAMPLES = 250;

    /** A day of so many calls: a warm-up of 12 MiB, a tremble of a few hundred KiB, peaks, and a leak. */
    private static List<Window> day(long calls, double leak, long seed) {
        Random random = new Random(seed);
        List<Window> windows = new ArrayList<>();
        for (int w = 0; w < 25; w++) {
            long[] samples = new long[SAMPLES / 25];
            for (int i = 0; i < samples.length; i++) {
                long call = (w * 10L + i + 1) * calls / SAMPLES;
                double warm = (12 << 20) * (1 - Math.exp(-call / (calls * 0.03)));
                samples[i] = BASE + (long) (warm + leak * call + random.nextGaussian() * (300 << 10)) + (random.nextInt(9) == 0 ? 20L << 20 : 0);
            }
            windows.add(new Window(w * calls / 25, (w + 1) * calls / 25 - 1, w, samples));
        }
        return windows;
    }

    @Test
    void aHundredBytesPerCallAreFoundAndNoneAreNot() {
        for (long calls : new long[] {SoakTest.CALLS, 1_000_000}) {
            for (int seed = 0; seed < 100; seed++) {
                Flatness without = Flatness.of(day(calls, 0, seed), Soak.ALLOWED_PER_CALL);
                Flatness with = Flatness.of(day(calls, 100, seed), Soak.ALLOWED_PER_CALL);
                assertTrue(without.flat(), without + ", " + calls + " calls, seed " + seed);
                assertFalse(with.flat(), with + ", " + calls + " calls, seed " + seed);
            }
        }
    }

    /** What is taken for some windows and given back is no leak; what is kept is one. */
    @Test
    void whatIsGivenBackIsNoLeak() {
        for (int begin = 5; begin < 20; begin++) {
            List<Window> bump = new ArrayList<>(day(1_000_000, 0, begin));
            List<Window> step = new ArrayList<>(bump);
            for (int w = begin; w < 25; w++) {
                Window old = step.get(w);
                Window higher = new Window(old.firstStep(), old.lastStep(), old.seconds(), Arrays.stream(old.samples()).map(rss -> rss + (30L << 20)).toArray());
                step.set(w, higher);
                if (w < begin + 2) {
                    bump.set(w, higher);
                }
            }
            assertTrue(Flatness.of(bump, Soak.ALLOWED_PER_CALL).flat(), "a bump from window " + begin);
            // From the first third on it would be the level that all else is compared with.
            assertEquals(begin < 8, Flatness.of(step, Soak.ALLOWED_PER_CALL).flat(), "a step at window " + begin);
        }
    }

    @Test
    void theWarmUpAndSinglePeaksDoNotCount() {
        List<Window> windows = new ArrayList<>();
        for (int w = 0; w < 10; w++) {
            windows.add(new Window(w, w, w, new long[] {w < 2 ? BASE / 2 : BASE, BASE, 3 * BASE}));
        }
        assertTrue(Flatness.of(windows, 0).flat());
        assertEquals(0, Flatness.of(windows, 0).growth());
        assertThrows(IllegalArgumentException.class, () -> Flatness.of(windows.subList(0, 4), 0));
    }

    @Test
    void aProcessThatShrinksIsFlat() {
        assertTrue(Flatness.of(day(1_000_000, -100, 1), Soak.ALLOWED_PER_CALL).flat());
    }

    @Test
    void mediansOfOddAndEvenCounts() {
        assertEquals(2, new Window(0, 0, 0, new long[] {9, 1, 2}).median());
        assertEquals(3, new Window(0, 0, 0, new long[] {9, 1, 2, 4}).median());
        assertEquals(1, new Window(0, 0, 0, new long[] {9, 1, 2, 4}).least());
        assertEquals(9, new Window(0, 0, 0, new long[] {9, 1, 2, 4}).most());
    }
}
