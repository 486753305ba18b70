package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SimilarityTest {
    private static Features random(int rows, int dimension, long seed) {
        Random random = new Random(seed);
        float[] values = new float[rows * dimension];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Features.of(Features.Kind.IMAGE, values, dimension, "aa", Precision.FP32);
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** Small ones on the calling thread, large ones (in several native calls) on the threads of a runtime. */
    @Test
    void allPairsOfAnySize() {
        for (int[] shape : new int[][] {{1, 1, 1}, {3, 4, 17}, {300, 250, 64}, {3000, 2000, 8}}) {
            Features a = random(shape[0], shape[2], 1);
            Features b = random(shape[1], shape[2], 2);
            float[][] dots = Similarity.of(Metric.DOT, a, b);
            float[][] cosines = Similarity.of(Metric.COSINE, a, b);
            float[][] distances = Similarity.of(Metric.EUCLIDEAN, a, b);
            for (int i = 0; i < shape[0]; i += Math.max(1, shape[0] / 17)) {
                for (int j = 0; j < shape[1]; j += Math.max(1, shape[1] / 13)) {
                    float[] x = a.vector(i);
                    float[] y = b.vector(j);
                    double expected = dot(x, y);
                    assertEquals(expected, dots[i][j], 1e-4);
                    assertEquals(expected / Math.sqrt(dot(x, x) * dot(y, y)), cosines[i][j], 1e-5);
                    assertEquals(Math.sqrt(Math.max(0, dot(x, x) + dot(y, y) - 2 * expected)), distances[i][j], 1e-3);
                    assertEquals(dots[i][j], Similarity.of(Metric.DOT, x, y), "a score depends on its vectors alone");
                }
            }
        }
    }

    @Test
    void bilinearAndLateInteraction() {
        Features a = random(5, 12, 3);
        Features b = random(7, 20, 4);
        float[] matrix = random(12, 20, 5).toArray();
        float[][] scores = Similarity.bilinear(a, matrix, b);
        double expected = 0;
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < 20; j++) {
                expected += (double) a.vector(4)[i] * matrix[i * 20 + j] * b.vector(6)[j];
            }
        }
        assertEquals(expected, scores[4][6], 1e-4);

        Features query = random(6, 32, 6).normalized();
        List<Features> documents = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            documents.add(random(1 + i * 7 % 50, 32, 100 + i).normalized());
        }
        float[] late = Similarity.maxSimilarity(query, documents);
        for (int d = 0; d < late.length; d++) {
            double sum = 0;
            for (int q = 0; q < query.size(); q++) {
                double best = Double.NEGATIVE_INFINITY;
                for (int t = 0; t < documents.get(d).size(); t++) {
                    best = Math.max(best, dot(query.vector(q), documents.get(d).vector(t)));
                }
                sum += best;
            }
            assertEquals(sum, late[d], 1e-5);
        }
        assertEquals(0, Similarity.maxSimilarity(query, List.of()).length);
    }

    @Test
    void whatDoesNotFitIsNamed() {
        Features a = random(2, 4, 1);
        for (String[] part : List.of(
            new String[] {"4", "5", message(() -> Similarity.of(Metric.DOT, a, random(2, 5, 1)))},
            new String[] {"length 2", "3", message(() -> Similarity.of(Metric.DOT, new float[2], new float[3]))},
            new String[] {"no vectors", "", message(() -> Similarity.of(Metric.DOT, new float[0], new float[0]))},
            new String[] {"no vectors", "", message(() -> Similarity.of(Metric.DOT, a, random(0, 4, 1)))},
            new String[] {"b[0] holds NaN", "element 1", message(() -> Similarity.of(Metric.COSINE, new float[] {1, 2}, new float[] {1, Float.NaN}))},
            new String[] {"matrix has 7 floats", "16", message(() -> Similarity.bilinear(a, new float[7], a))},
            new String[] {"documents[1]", "dimension 5", message(() -> Similarity.maxSimilarity(a, List.of(a, random(1, 5, 1))))},
            new String[] {"documents[1] has no vectors", "", message(() -> Similarity.maxSimilarity(a, List.of(a, random(0, 4, 1))))})) {
            assertTrue(part[2].contains(part[0]) && part[2].contains(part[1]), part[2]);
        }
        float[] zeros = new float[3];
        assertEquals(0, Similarity.of(Metric.COSINE, zeros, new float[] {1, 2, 3}));
        assertArrayEquals(new float[] {0}, new float[] {Similarity.of(Metric.EUCLIDEAN, zeros, zeros)});
    }

    private static String message(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }
}
