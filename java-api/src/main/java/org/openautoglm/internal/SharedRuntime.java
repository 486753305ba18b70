package org.openautoglm.internal;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.openautoglm.bindings.Native;

/**
 * A native runtime (worker threads, workspaces, device) that all models loaded with equal options share: ten models in one process do
 * not start ten pools. It lives as long as one of them does.
 */
final class SharedRuntime {
    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final Map<RuntimeOptions, SharedRuntime> LIVING = new HashMap<>(); // guarded by LOCK

    private final RuntimeOptions options;
    private final long address;
    private int models; // guarded by LOCK

    private SharedRuntime(RuntimeOptions options, long address) {
        this.options = options;
        this.address = address;
    }

    /** The runtime for {@code options}, made if there is none; each call is to be paired with a {@link #release}. */
    static SharedRuntime acquire(RuntimeOptions options) {
        LOCK.lock();
        try {
            SharedRuntime runtime = LIVING.get(options);
            if (runtime == null) {
                long address = create(options);
                try {
                    runtime = new SharedRuntime(options, address);
                    LIVING.put(options, runtime);
                } catch (OutOfMemoryError noHeap) {
                    LIVING.remove(options);
                    Native.oag_runtime_close(address);
                    throw noHeap;
                }
            }
            runtime.models++;
            return runtime;
        } finally {
            LOCK.unlock();
        }
    }

    private static long create(RuntimeOptions options) {
        FrameLayout layout = new FrameLayout();
        long struct = layout.add(Native.sizeof_oag_runtime_options);
        long out = layout.add(Long.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            options.write(frame, struct);
            frame.putLong(out, 0);
            frame.check(Native.oag_runtime_create(frame.at(struct), frame.at(out), frame.error(), Frame.ERROR_CAPACITY));
            return frame.getLong(out);
        }
    }

    long address() {
        return address;
    }

    RuntimeOptions options() {
        return options;
    }

    /** Gives the runtime back; the last one closes it. */
    void release() {
        boolean lastOfThis;
        boolean lastOfAll;
        LOCK.lock();
        try {
            lastOfThis = --models == 0;
            if (lastOfThis) {
                LIVING.remove(options);
            }
            lastOfAll = LIVING.isEmpty();
        } finally {
            LOCK.unlock();
        }
        if (lastOfThis) {
            Native.oag_runtime_close(address); // outside the lock: it joins threads
        }
        if (lastOfAll) {
            FramePool.SHARED.trim();
        }
    }

    /** Frees the idle frames when no model lives for which they would be kept. */
    static void trimIfUnused() {
        if (living() == 0) {
            FramePool.SHARED.trim();
        }
    }

    /** How many runtimes are alive. */
    static int living() {
        LOCK.lock();
        try {
            return LIVING.size();
        } finally {
            LOCK.unlock();
        }
    }
}
