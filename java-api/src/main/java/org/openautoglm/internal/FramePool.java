package org.openautoglm.internal;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lends {@link Frame}s, and bounds them: large ones share a budget, so that hundreds of threads with batches of pictures wait for each
 * other, in order, instead of each holding its files in memory. Idle frames are kept, up to a limit, for the next call.
 *
 * <p>A thread that holds a large frame and asks for another, as a picture does that calls a model while it is read, gets it beyond the budget: it would wait for
 * itself. Safe for any thread; a frame is given back by the thread that leased it.
 */
final class FramePool {
    static final FramePool SHARED = new FramePool(128L << 20, 32L << 20);

    private static final int SMALLEST_SHIFT = 16;                          // 64 KiB
    private static final int LARGEST_KEPT_SHIFT = 22;                      // 4 MiB; larger ones are mapped, and given back to the system
    /** Frames up to this size, such as those of texts, never wait behind pictures. */
    private static final long UNCOUNTED = 256L << 10;
    private static final long UNIT = 1024;                                 // bytes of one permit

    private final Semaphore budget;
    private final int budgetUnits;
    private final long idleLimit;
    private final ThreadLocal<Boolean> holdsLarge = new ThreadLocal<>();   // set while a frame of this thread is charged
    private final AtomicLong idleBytes = new AtomicLong();
    private final AtomicLong framesMade = new AtomicLong();
    @SuppressWarnings({"unchecked", "rawtypes"})
    private final Deque<Frame>[] idle = new Deque[LARGEST_KEPT_SHIFT - SMALLEST_SHIFT + 1]; // by size, each the double of the last

    /**
     * A pool of its own; {@link #SHARED} serves all models.
     *
     * @param budget bytes lent at once; a single frame may exceed it when it is alone
     * @param idleLimit bytes kept for later
     */
    FramePool(long budget, long idleLimit) {
        this.budgetUnits = (int) (budget / UNIT);
        this.budget = new Semaphore(budgetUnits, true);
        this.idleLimit = idleLimit;
        for (int i = 0; i < idle.length; i++) {
            idle[i] = new ConcurrentLinkedDeque<>();
        }
    }

    /**
     * Lends a frame of at least {@code size} bytes, waiting while the budget is used up. Not interruptible: what it waits for are native
     * calls in progress, which end.
     *
     * @throws org.openautoglm.NativeMemoryException when there is no memory, or {@code size} is beyond 2 GiB
     */
    Frame lease(long size) {
        int units = size <= UNCOUNTED || holdsLarge.get() != null ? 0 : (int) Math.min(budgetUnits, (size + UNIT - 1) / UNIT);
        if (units > 0) {
            budget.acquireUninterruptibly(units); // fair: even 0 permits would queue up behind the waiting
        }
        try {
            Frame frame = takeOrAllocate(size);
            frame.charge(units);
            if (units > 0) {
                holdsLarge.set(true);
            }
            return frame;
        } catch (RuntimeException | Error failure) {
            budget.release(units);
            throw failure;
        }
    }

    private Frame takeOrAllocate(long size) {
        int shift = Math.max(SMALLEST_SHIFT, Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, size) - 1));
        Frame kept = shift > LARGEST_KEPT_SHIFT ? null : idle[shift - SMALLEST_SHIFT].pollFirst();
        if (kept == null) {
            framesMade.incrementAndGet();
            return new Frame(this, shift > LARGEST_KEPT_SHIFT ? size : 1L << shift);
        }
        idleBytes.addAndGet(-kept.capacity());
        return kept;
    }

    /** Never throws: what happened to the call is not to be covered up, and others may wait for the budget. */
    void giveBack(Frame frame) {
        int units = (int) frame.charged();
        int capacity = frame.capacity();
        boolean kept = false;
        if (capacity <= 1 << LARGEST_KEPT_SHIFT) {
            if (idleBytes.addAndGet(capacity) <= idleLimit) {
                try {
                    kept = idle[Integer.numberOfTrailingZeros(capacity) - SMALLEST_SHIFT].offerFirst(frame);
                } catch (OutOfMemoryError noNode) {
                    // then it is not kept
                }
            }
            if (!kept) {
                idleBytes.addAndGet(-capacity);
            }
        }
        if (!kept) {
            frame.free();
        }
        if (units > 0) {
            holdsLarge.remove();
        }
        budget.release(units);
    }

    /** Frees the idle frames; done when the last model is closed, so that a program that is through with us gets its memory back. */
    void trim() {
        for (Deque<Frame> frames : idle) {
            for (Frame frame = frames.pollFirst(); frame != null; frame = frames.pollFirst()) {
                idleBytes.addAndGet(-frame.capacity());
                frame.free();
            }
        }
    }

    /** Bytes that idle frames hold. */
    long idleBytes() {
        return idleBytes.get();
    }

    /** Frames that were allocated since the start; the steady state of small calls makes none. */
    long framesMade() {
        return framesMade.get();
    }

    /** Bytes of the budget that are free. */
    long budgetLeft() {
        return budget.availablePermits() * UNIT;
    }
}
