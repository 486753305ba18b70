package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    @Test
    void cosinesBecomeProbabilities() {
        Random random = new Random(1);
        float[] cosines = new float[20_000];
        boolean[] matches = new boolean[cosines.length];
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] = (float) (0.2 + 0.08 * random.nextGaussian());
            matches[i] = random.nextDouble() < 1 / (1 + Math.exp(-(40 * cosines[i] - 9)));
        }
        Calibration fit = Calibration.fit(cosines, matches);
        assertEquals(40, fit.scale(), 2);
        assertEquals(-9, fit.bias(), 0.5);
        assertTrue(fit.errorAfter() < 0.02 && fit.errorAfter() < fit.errorBefore() / 3, fit.toString());
        assertTrue(fit.lossAfter() < fit.lossBefore(), fit.toString());
        assertEquals(0.5, fit.probability(-fit.bias() / fit.scale()), 1e-9);
        assertTrue(fit.probability(-1e9) >= 0 && fit.probability(1e9) <= 1);
        assertEquals(0, Calibration.fitScale(cosines, matches).bias());
    }

    @Test
    void temperatureMakesConfidenceMeetSuccess() {
        Random random = new Random(2);
        float[][] logits = new float[10_000][5];
        int[] labels = new int[logits.length];
        for (int i = 0; i < logits.length; i++) {
            double[] weights = new double[5];
            for (int c = 0; c < 5; c++) {
                double truth = 1.5 * random.nextGaussian();
                logits[i][c] = (float) (100 * truth);
                weights[c] = Math.exp(truth);
            }
            double left = random.nextDouble() * Arrays.stream(weights).sum();
            while (labels[i] < 4 && (left -= weights[labels[i]]) > 0) {
                labels[i]++;
            }
        }
        Calibration fit = Calibration.fitTemperature(logits, labels);
        assertEquals(100, fit.temperature(), 4);
        assertTrue(fit.errorAfter() < 0.03 && fit.errorBefore() > 0.2, fit.toString());
        double[] shares = fit.probabilities(new float[] {0, 100, -50});
        assertEquals(1, Arrays.stream(shares).sum(), 1e-12);
        assertEquals(Math.E, shares[1] / shares[0], 0.15);
    }

    @Test
    void whatCannotBeFittedIsExplained() {
        float[] scores = {0.1f, 0.2f, 0.3f};
        for (String[] part : new String[][] {
            {"3 scores and 2 labels", message(() -> Calibration.fit(scores, new boolean[2]))},
            {"all labels are false", message(() -> Calibration.fit(scores, new boolean[3]))},
            {"do not rise", message(() -> Calibration.fit(scores, new boolean[] {true, false, false}))},
            {"too few", message(() -> Calibration.fit(new float[0], new boolean[0]))},
            {"scores[1]", message(() -> Calibration.fit(new float[] {0, Float.NaN}, new boolean[] {true, false}))},
            {"2 rows of logits and 1 labels", message(() -> Calibration.fitTemperature(new float[2][3], new int[1]))},
            {"logits[1] has 2 classes", message(() -> Calibration.fitTemperature(new float[][] {{1, 2, 3}, {1, 2}}, new int[2]))},
            {"labels[0] is 3", message(() -> Calibration.fitTemperature(new float[][] {{1, 2, 3}}, new int[] {3}))},
            {"highest logit", message(() -> Calibration.fitTemperature(new float[][] {{1, 2, 3}}, new int[] {2}))}}) {
            assertTrue(part[1].contains(part[0]), part[1]);
        }
    }

    private static String message(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }
}
