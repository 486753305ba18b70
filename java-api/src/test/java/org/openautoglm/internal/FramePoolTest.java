package org.openautoglm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openautoglm.NativeMemoryException;
import org.openautoglm.Threads;

/** Native memory of calls: bounded, and used again. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // leasing cannot be interrupted
class FramePoolTest {
    private static final long MIB = 1 << 20;

    @Test
    void smallFramesAreUsedAgain() {
        FramePool pool = new FramePool(8 * MIB, MIB);
        long first;
        try (Frame frame = pool.lease(100_000)) {
            first = frame.at(0);
            assertTrue(frame.capacity() >= 100_000);
        }
        assertEquals(128 << 10, pool.idleBytes());
        try (Frame again = pool.lease(120_000); Frame other = pool.lease(120_000)) {
            assertEquals(first, again.at(0));
            assertNotEquals(first, other.at(0));
            assertEquals(0, pool.idleBytes());
        }
        pool.trim();
        assertEquals(0, pool.idleBytes());
    }

    /** As of a picture that calls a model while it is read. */
    @Test
    void aThreadDoesNotWaitForItself() {
        FramePool pool = new FramePool(8 * MIB, 0);
        try (Frame all = pool.lease(8 * MIB)) {
            try (Frame within = pool.lease(6 * MIB)) {
                assertNotEquals(all.at(0), within.at(0));
                assertEquals(0, pool.budgetLeft());
            }
            assertEquals(0, pool.budgetLeft());
        }
        assertEquals(8 * MIB, pool.budgetLeft());
    }

    @Test
    void idleFramesAreBounded() {
        FramePool pool = new FramePool(64 * MIB, MIB);
        Frame[] frames = new Frame[40];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = pool.lease(64 << 10);
        }
        for (Frame frame : frames) {
            frame.close();
        }
        assertEquals(MIB, pool.idleBytes());
        pool.trim();
    }

    @Test
    void largeFramesWaitForTheBudgetAndSmallOnesDoNot() throws InterruptedException {
        FramePool pool = new FramePool(8 * MIB, 0);
        CountDownLatch leased = new CountDownLatch(1);
        Thread waiter;
        try (Frame large = pool.lease(6 * MIB)) {
            waiter = new Thread(() -> {
                try (Frame frame = pool.lease(3 * MIB)) {
                    leased.countDown();
                }
            });
            waiter.start();
            Threads.awaitParked(waiter);
            try (Frame small = pool.lease(100_000)) {
                assertEquals(2 * MIB, pool.budgetLeft());
            }
            assertTrue(!leased.await(100, TimeUnit.MILLISECONDS), "the budget was exceeded");
        }
        leased.await();
        waiter.join();
        assertEquals(8 * MIB, pool.budgetLeft());
    }

    @Test
    void aFrameBeyondTheBudgetIsLentAlone() {
        FramePool pool = new FramePool(2 * MIB, 0);
        try (Frame frame = pool.lease(5 * MIB)) {
            assertEquals(0, pool.budgetLeft());
            frame.putInt(5 * MIB - 4, 42);
        }
        assertEquals(2 * MIB, pool.budgetLeft());
    }

    @Test
    void whatCannotBeLentGivesItsBudgetBack() {
        FramePool pool = new FramePool(8 * MIB, 0);
        assertThrows(NativeMemoryException.class, () -> pool.lease(3L << 30));
        assertEquals(8 * MIB, pool.budgetLeft());
    }

    @Test
    void partsOfALayoutDoNotOverlap() {
        FrameLayout layout = new FrameLayout();
        long a = layout.add(1);
        long b = layout.add(65);
        long c = layout.add(0);
        long d = layout.add(8);
        assertTrue(a >= Frame.ERROR_CAPACITY && b >= a + 1 && c >= b + 65 && d >= c && layout.size() >= d + 8);
        for (long offset : new long[] {a, b, c, d}) {
            assertEquals(0, offset % 64);
        }
    }

    @Test
    void stringsAreUtf8AndEndWithNul() {
        try (Frame frame = FramePool.SHARED.lease(4096)) {
            frame.putString(1024, "Straße 🎉".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertEquals("Straße 🎉", frame.getString(1024, 100));
            assertEquals("Stra", frame.getString(1024, 4));
        }
    }
}
