package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openautoglm.internal.Leftovers;

/** A Java heap that is full: what fails says so, and nothing else comes of it. */
@Timeout(600)
class OutOfMemoryTest {
    @Test
    void callsAndLoadsFailAloneAndTheModelServesOn() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Starving.class, Map.of(), List.of("-Xmx32m", "-XX:MaxDirectMemorySize=1m", "-XX:+UseSerialGC", "-XX:-UseTLAB")); // every word counts
        assertEquals(0, result.exitCode(), result.output());
    }

    /** The child: fills the heap up to a varied rest, then calls. */
    static final class Starving {
        private static final int ROUNDS = 120;

        private static final AtomicInteger ERRORS = new AtomicInteger();
        private static final AtomicInteger SUCCESSES = new AtomicInteger();

        public static void main(String[] arguments) throws Exception {
            OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(2).build());
            OpenAutoGlm other = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(1).build());
            List<ImageInput> images = List.of(ImageInput.of(TestData.LANDSCAPE), ImageInput.of(new HookedImage(() -> { })));
            List<String> texts = List.of("a cat", "a photo of a dog in the snow");
            float[] rightImages = model.encodeImages(images).toArray();
            float[] rightTexts = model.encodeTexts(texts).toArray();
            other.close();

            Runnable call = () -> {
                requireEqual(rightImages, model.encodeImages(images).toArray());
                requireEqual(rightTexts, model.encodeTexts(texts).toArray());
                model.forward(model.encodeImages(images), model.encodeTexts(texts)).probabilities();
            };
            Runnable load = () -> OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(1).build()).close();
            String text = "a photo of ".repeat(30);
            Runnable tokenize = () -> model.tokenize(text); // in a library that does not survive an allocation that fails
            for (Runnable task : List.of(call, load, tokenize)) {
                int most = task == call ? 3000 : task == load ? 40_000 : 2400; // words that a task takes, and some
                task.run(); // classes are initialised; an initialiser that fails has failed for good, in any library
                ERRORS.set(0);
                SUCCESSES.set(0);
                for (int round = 0; round < ROUNDS; round++) {
                    starve(task, (int) (most * (long) round / ROUNDS));
                }
                System.out.println(ERRORS + " failures, " + SUCCESSES + " successes");
                if (ERRORS.get() < ROUNDS / 10 || SUCCESSES.get() < ROUNDS / 10) {
                    throw new AssertionError("the heap was never full, or always");
                }
            }
            together(call);
            call.run();
            model.close(); // does not wait for a call that has failed
            if (!Leftovers.text().isEmpty()) {
                throw new AssertionError(Leftovers.text());
            }
        }

        /** Runs a task with so much of the heap left. */
        private static void starve(Runnable task, int words) {
            long[] rest = new long[words + 1];
            List<Object> hoard = new ArrayList<>(2000);
            fill(hoard);
            rest[words / 2] = hoard.size();
            rest = null;
            try {
                task.run();
                SUCCESSES.incrementAndGet();
            } catch (OutOfMemoryError | OpenAutoGlmException expected) {
                hoard.clear();
                requireMemoryFailure(expected);
                ERRORS.incrementAndGet();
            }
        }

        /** In smaller and smaller pieces, until the smallest does not fit. */
        private static void fill(List<Object> hoard) {
            for (int size = 1 << 20; size >= 16; size /= 256) {
                try {
                    while (true) {
                        Object piece = new byte[size];
                        hoard.add(piece);
                    }
                } catch (OutOfMemoryError full) {
                    // the next smaller
                }
            }
        }

        private static void requireMemoryFailure(Throwable failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof OutOfMemoryError || cause instanceof NativeMemoryException) {
                    return;
                }
            }
            throw new AssertionError("not for lack of memory", failure);
        }

        /** Threads call while another takes all memory and gives it back, again and again. */
        private static void together(Runnable call) throws InterruptedException {
            AtomicReference<Throwable> wrong = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> {
                    for (int k = 0; k < 15; k++) {
                        try {
                            call.run();
                        } catch (OutOfMemoryError expected) {
                            // once more
                        }
                    }
                });
                thread.setUncaughtExceptionHandler((t, failure) -> wrong.compareAndSet(null, failure));
                threads.add(thread);
                thread.start();
            }
            List<Object> hoard = new ArrayList<>(10_000);
            while (threads.stream().anyMatch(Thread::isAlive)) {
                fill(hoard);
                hoard.clear();
            }
            if (wrong.get() != null) {
                throw new AssertionError(wrong.get());
            }
        }

        private static void requireEqual(float[] expected, float[] found) {
            if (!Arrays.equals(expected, found)) {
                throw new AssertionError("other bits");
            }
        }
    }
}
