package org.openautoglm;

/** Waiting for other threads in tests. */
public final class Threads {
    private Threads() { }

    /** Returns when the thread is parked; fails when it ends, or is not parked for ten seconds. */
    public static void awaitParked(Thread thread) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (thread.getState() != Thread.State.WAITING) {
            if (thread.getState() == Thread.State.TERMINATED || System.nanoTime() > deadline) {
                throw new AssertionError(thread + " does not wait: " + thread.getState());
            }
            Thread.onSpinWait();
        }
    }
}
