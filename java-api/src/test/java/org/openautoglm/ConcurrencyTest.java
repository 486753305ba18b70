package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Any number of callers of one model get the single-threaded bits. */
@Timeout(300)
class ConcurrencyTest {
    private static final int CASES = 12;
    private static final int JDK_WITH_VIRTUAL_THREADS = 21;

    /** Inputs, and what one thread alone gets for them. */
    private static final class Workload {
        private final List<ImageInput> pictures = new ArrayList<>();
        private final List<String> texts = new ArrayList<>();
        private final float[][] imageRows = new float[CASES][];
        private final float[][] textRows = new float[CASES][];
        private final OpenAutoGlm model;
        private final Features textFeatures;
        private final float[][][] logits = new float[CASES][][];

        Workload(OpenAutoGlm model) {
            this.model = model;
            Random random = new Random(11);
            for (int i = 0; i < CASES; i++) {
                byte[] rgb = new byte[3 * (33 + i) * 29];
                random.nextBytes(rgb);
                pictures.add(i == 0 ? ImageInput.of(TestData.LANDSCAPE) : ImageInput.ofRgb(ByteBuffer.wrap(rgb), 33 + i, 29));
                texts.add("a photo of ".repeat(i) + "a cat");
                imageRows[i] = model.encodeImages(pictures.subList(i, i + 1)).vector(0);
                textRows[i] = model.encodeTexts(texts.get(i)).vector(0);
            }
            textFeatures = model.encodeTexts(texts);
            for (int i = 0; i < CASES; i++) {
                logits[i] = model.forward(model.encodeImages(pictures.subList(i, i + 1)), textFeatures).toArray();
            }
        }

        /** One call, checked to the bit. */
        void call(int number) {
            int i = number % CASES;
            switch (number % 5) {
                case 0 -> {
                    Features both = model.encodeImages(List.of(pictures.get(i), pictures.get((i + 5) % CASES)));
                    check(imageRows[i], both.vector(0));
                    check(imageRows[(i + 5) % CASES], both.vector(1));
                }
                case 1, 2 -> check(textRows[i], model.encodeTexts(texts.get(i)).vector(0));
                case 3 -> {
                    Features all = model.encodeTexts(texts.get(i), texts.get((i + 1) % CASES), texts.get(i));
                    check(textRows[(i + 1) % CASES], all.vector(1));
                    check(textRows[i], all.vector(2));
                }
                default -> {
                    Features image = Features.of(Features.Kind.IMAGE, imageRows[i], imageRows[i].length, model.info().hash(),
                        model.backend().precision());
                    check(logits[i][0], model.forward(image, textFeatures).row(0));
                }
            }
        }

        private static void check(float[] expected, float[] actual) {
            if (!Arrays.equals(expected, actual)) {
                throw new AssertionError(Arrays.toString(actual) + " instead of " + Arrays.toString(expected));
            }
        }
    }

    @Test
    void sixtyFourThreadsTimesAThousandCalls() throws Exception {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(4).build())) {
            Workload workload = new Workload(model);
            ExecutorService executor = Executors.newFixedThreadPool(64);
            run(executor, workload, 64, 1000);
        }
    }

    /** Never skipped on a JDK that has them; the project's test command runs the suite on such a JDK, too. */
    @Test
    void aThousandVirtualThreads() throws Exception {
        assumeTrue(Runtime.version().feature() >= JDK_WITH_VIRTUAL_THREADS, "this JDK has no virtual threads");
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            run(virtualThreads(), new Workload(model), 1000, 20);
        }
    }

    /** The project is compiled for a JDK without them. */
    private static ExecutorService virtualThreads() throws IllegalAccessException, InvocationTargetException, NoSuchMethodException {
        return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }

    private static void run(ExecutorService executor, Workload workload, int threads, int calls) throws Exception {
        List<Future<Integer>> results = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            int offset = 7 * thread;
            results.add(executor.submit(() -> {
                int done = 0;
                for (int i = 0; i < calls; i++) {
                    workload.call(offset + i);
                    done++;
                }
                return done;
            }));
        }
        int total = 0;
        try {
            for (Future<Integer> result : results) {
                total += result.get();
            }
        } catch (ExecutionException failure) {
            throw new AssertionError(failure.getCause());
        } finally {
            executor.shutdownNow();
            executor.awaitTermination(60, TimeUnit.SECONDS);
        }
        assertEquals(threads * calls, total);
    }

    /** Models come and go while others compute; equal options share a runtime, which must not go with the wrong one. */
    @Test
    void modelsComeAndGoUnderLoad() throws Exception {
        float[] expected;
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            expected = model.encodeTexts("a photo of a cat").vector(0);
        }
        ExecutorService executor = Executors.newFixedThreadPool(8);
        List<Future<?>> results = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
            results.add(executor.submit(() -> {
                for (int i = 0; i < 25; i++) {
                    try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
                        Workload.check(expected, model.encodeTexts("a photo of a cat").vector(0));
                    }
                }
            }));
        }
        for (Future<?> result : results) {
            result.get();
        }
        executor.shutdown();
    }
}
