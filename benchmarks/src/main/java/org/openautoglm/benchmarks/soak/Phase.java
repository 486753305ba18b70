package org.openautoglm.benchmarks.soak;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;

/**
 * A number of steps on several threads, with resident memory sampled after equal shares of them: by work, not by time, so that a slow
 * machine sees the same.
 *
 * @param name for reports
 * @param steps in all
 * @param threads that share them
 * @param step one step, given its number; from any thread
 */
record Phase(String name, long steps, int threads, LongConsumer step) {
    static final int WINDOWS = 25;
    static final int SAMPLES = 10; // of each window

    /** Told after each sample. */
    interface Progress {
        void at(long stepsDone, long residentBytes);
    }

    /**
     * Runs to the end, or to the first step that fails.
     *
     * @return {@link #WINDOWS} windows
     * @throws IllegalStateException when a step failed, with its number
     */
    List<Window> run(Progress progress) throws InterruptedException {
        int shares = WINDOWS * SAMPLES;
        if (steps < shares) {
            throw new IllegalArgumentException(name + ": " + steps + " steps are fewer than the " + shares + " samples");
        }
        long[] samples = new long[shares];
        double[] seconds = new double[shares];
        long start = System.nanoTime();
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        AtomicLong next = new AtomicLong();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread worker = new Thread(() -> {
                for (long number = next.getAndIncrement(); number < steps && failure.get() == null; number = next.getAndIncrement()) {
                    try {
                        step.accept(number);
                        // The share that this step completes, if it is the last one of a share.
                        long share = (number + 1) * shares / steps;
                        if (share > number * shares / steps) {
                            samples[(int) share - 1] = ResidentMemory.bytes();
                            seconds[(int) share - 1] = (System.nanoTime() - start) / 1e9;
                            synchronized (samples) {
                                progress.at(number + 1, samples[(int) share - 1]);
                            }
                        }
                    } catch (RuntimeException | Error | IOException cause) {
                        failure.compareAndSet(null, new IllegalStateException(name + ", step " + number + ": " + cause, cause));
                    }
                }
            }, name + "-" + i);
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers) {
            worker.join();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
        return windows(samples, seconds);
    }

    private List<Window> windows(long[] samples, double[] seconds) {
        List<Window> windows = new ArrayList<>();
        for (int i = 0; i < WINDOWS; i++) {
            int begin = i * SAMPLES;
            int end = begin + SAMPLES;
            windows.add(new Window(begin * steps / samples.length, end * steps / samples.length - 1, seconds[end - 1],
                java.util.Arrays.copyOfRange(samples, begin, end)));
        }
        return windows;
    }
}
