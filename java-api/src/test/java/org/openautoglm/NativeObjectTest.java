package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Open, in use, closed: the one base class of what owns native memory. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // closing cannot be interrupted
class NativeObjectTest {
    private static final class Thing extends NativeObject {
        Thing(Runnable free) {
            super("the thing", free);
        }
    }

    @Test
    void freesOnceHoweverOftenItIsClosed() {
        AtomicInteger freed = new AtomicInteger();
        Thing thing = new Thing(freed::incrementAndGet);
        thing.enter();
        thing.leave();
        assertEquals(0, freed.get());
        thing.close();
        thing.close();
        assertEquals(1, freed.get());
        assertEquals("the thing is closed", assertThrows(IllegalStateException.class, thing::enter).getMessage());
        assertEquals(1, freed.get());
    }

    @Test
    void closingWaitsForEveryCallAndRefusesNewOnes() throws InterruptedException {
        AtomicBoolean freed = new AtomicBoolean();
        Thing thing = new Thing(() -> freed.set(true));
        CountDownLatch inside = new CountDownLatch(3);
        List<CountDownLatch> leave = new ArrayList<>();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CountDownLatch gate = new CountDownLatch(1);
            leave.add(gate);
            callers.add(start(() -> {
                thing.enter();
                try {
                    inside.countDown();
                    waitFor(gate);
                    assertFalse(freed.get(), "freed under a running call");
                } finally {
                    thing.leave();
                }
            }));
        }
        inside.await();
        Thread first = start(thing::close);
        Thread second = start(thing::close);
        Threads.awaitParked(first);
        Threads.awaitParked(second);
        assertThrows(IllegalStateException.class, thing::enter);
        leave.get(0).countDown();
        leave.get(1).countDown();
        callers.get(0).join();
        callers.get(1).join();
        first.join(50);
        assertTrue(first.isAlive() && second.isAlive(), "closed with a call in progress");
        assertFalse(freed.get());
        leave.get(2).countDown();
        first.join();
        second.join();
        assertTrue(freed.get());
    }

    @Test
    void anInterruptDoesNotCutTheWaitShort() throws InterruptedException {
        AtomicBoolean freed = new AtomicBoolean();
        AtomicBoolean interrupted = new AtomicBoolean();
        Thing thing = new Thing(() -> freed.set(true));
        thing.enter();
        Thread closer = start(() -> {
            thing.close();
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        Threads.awaitParked(closer);
        closer.interrupt();
        closer.join(50);
        assertTrue(closer.isAlive());
        assertFalse(freed.get());
        thing.leave();
        closer.join();
        assertTrue(freed.get());
        assertTrue(interrupted.get(), "the interrupt was swallowed");
    }

    @Test
    void closingFromWithinACallIsRefusedInsteadOfWaitingForItself() {
        AtomicInteger freed = new AtomicInteger();
        Thing thing = new Thing(freed::incrementAndGet);
        thing.enter();
        thing.enter();
        assertThrows(IllegalStateException.class, thing::close);
        thing.leave();
        assertThrows(IllegalStateException.class, thing::close);
        thing.leave();
        assertEquals(0, freed.get());
        thing.close();
        assertEquals(1, freed.get());
    }

    /** Calls and one close race: no call runs after the memory is free, and none is forgotten. */
    @Test
    void callsAndCloseRace() throws InterruptedException {
        for (int round = 0; round < 300; round++) {
            AtomicBoolean freed = new AtomicBoolean();
            AtomicBoolean wrong = new AtomicBoolean();
            Thing thing = new Thing(() -> freed.set(true));
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                callers.add(start(() -> {
                    try {
                        while (true) {
                            thing.enter();
                            try {
                                wrong.compareAndSet(false, freed.get());
                            } finally {
                                thing.leave();
                            }
                        }
                    } catch (IllegalStateException closed) {
                        wrong.compareAndSet(false, !closed.getMessage().equals("the thing is closed"));
                    }
                }));
            }
            thing.close();
            assertTrue(freed.get());
            for (Thread caller : callers) {
                caller.join();
            }
            assertFalse(wrong.get());
        }
    }

    @Test
    void theCleanerFreesWhatWasForgottenAndShowsWhereItWasMade() throws InterruptedException {
        CountDownLatch freed = new CountDownLatch(1);
        try (Logged logged = new Logged()) {
            forget(freed);
            for (int i = 0; i < 200 && freed.getCount() > 0; i++) {
                System.gc();
                Thread.sleep(50);
            }
            assertEquals(0, freed.getCount(), "never freed");
            assertTrue(logged.text().contains("the thing was not closed"), logged.text());
            assertTrue(logged.text().contains("NativeObjectTest.forget"), logged.text());
        }
    }

    private static void forget(CountDownLatch freed) {
        new Thing(freed::countDown);
    }

    @Test
    void closingProperlyWarnsOfNothing() throws InterruptedException {
        try (Logged logged = new Logged()) {
            new Thing(() -> { }).close();
            for (int i = 0; i < 5; i++) {
                System.gc();
                Thread.sleep(20);
            }
            assertFalse(logged.text().contains("not closed"), logged.text());
        }
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException cause) {
            throw new AssertionError(cause);
        }
    }
}
