package org.openautoglm;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of whatever owns native memory, in one place: open, in use by any number of threads, closed. Each call is bracketed by {@link #enter} and {@link
 * #leave}; {@link #close} waits for the calls in progress and then frees, once. An object that is forgotten is freed by a {@link Cleaner}, which warns and
 * shows where the object was made.
 *
 * <p>There is no monitor here: a virtual thread that waits for a call or for a close frees its carrier.
 */
abstract class NativeObject implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(OpenAutoGlm.class);
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int CLOSING = 1 << 31; // in state, beside the number of calls in progress

    private final String description;
    private final AtomicInteger state = new AtomicInteger();
    private final ThreadLocal<Integer> callsOfThread = new ThreadLocal<>(); // null outside of calls
    private final CountDownLatch idle = new CountDownLatch(1);              // closing, and no call is left
    private final Disposal disposal;
    private final Cleaner.Cleanable cleanable;

    /** What outlives the object. Must not refer to it, or it would never be collected. */
    private static final class Disposal implements Runnable {
        private final String description;
        private final Runnable free;
        private final Throwable place = new Throwable("it was made here");
        private final CountDownLatch freed = new CountDownLatch(1);
        private volatile boolean closed;

        Disposal(String description, Runnable free) {
            this.description = description;
            this.free = free;
        }

        @Override public void run() {
            try {
                if (!closed) {
                    LOGGER.warn("{} was not closed; its native memory is freed only now, by the garbage collector. Use try-with-resources "
                        + "or close().", description, place);
                }
            } finally {
                try {
                    free.run();
                } finally {
                    freed.countDown();
                }
            }
        }
    }

    /**
     * An open object.
     *
     * @param description for messages, such as {@code model clip-vit-base-patch32}
     * @param free frees the native memory; run exactly once, by a closing thread or by the cleaner's. Must not refer to this object
     */
    NativeObject(String description, Runnable free) {
        this.description = description;
        this.disposal = new Disposal(description, free);
        this.cleanable = CLEANER.register(this, disposal);
    }

    /**
     * Begins a call that uses native memory; {@link #leave} must follow in a finally block.
     *
     * @throws IllegalStateException when the object is closed or closing
     */
    final void enter() {
        int depth = depth();
        callsOfThread.set(depth + 1); // first, for it may run out of memory: a call that is counted must leave
        for (int calls = state.get(); calls >= 0; calls = state.get()) {
            if (state.compareAndSet(calls, calls + 1)) {
                return;
            }
        }
        setDepth(depth);
        throw new IllegalStateException(description + " is closed");
    }

    /** Ends a call. */
    final void leave() {
        setDepth(depth() - 1);
        if (state.decrementAndGet() == CLOSING) {
            idle.countDown();
        }
        // Without it the object may be collected, and its memory freed, while its last method still runs.
        Reference.reachabilityFence(this);
    }

    /**
     * Frees the native memory. Waits for the calls in progress on other threads, uninterruptibly; later calls throw {@link IllegalStateException}.
     * Closing again does nothing, but also returns only when the memory is free.
     *
     * @throws IllegalStateException when the calling thread is inside a call of this object, for which it would wait for ever
     */
    @Override public void close() {
        int calls;
        do {
            calls = state.get();
            if ((calls & ~CLOSING) > 0 && depth() > 0) { // looked for only then, because looking takes memory
                throw new IllegalStateException(description + " cannot be closed from within one of its own calls");
            }
        } while (!state.compareAndSet(calls, calls | CLOSING));
        if (calls == 0) {
            idle.countDown();
        }
        // Every closer goes the whole way: one that runs out of memory while it waits must not leave the others waiting for it.
        await(idle);
        disposal.closed = true;
        cleanable.clean(); // by one of them
        await(disposal.freed);
    }

    private int depth() {
        Integer depth = callsOfThread.get();
        return depth == null ? 0 : depth;
    }

    private void setDepth(int depth) {
        if (depth == 0) {
            callsOfThread.remove();
        } else {
            callsOfThread.set(depth);
        }
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
