package org.openautoglm.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.openautoglm.UnavailableException;
import org.openautoglm.bindings.Loader;
import org.openautoglm.bindings.Memory;
import org.openautoglm.bindings.Native;

/** Loads the native library once and keeps the reason when it cannot be loaded. Everything native starts with {@link #ensureLoaded}. */
public final class NativeLibrary {
    private static final int ABI_VERSION = Native.OAG_ABI_VERSION; // a literal of the header this jar was compiled with
    private static final int LONGEST_VERSION = 64;

    private NativeLibrary() { }

    /** Initialised on first use, by one thread; the others wait for it. */
    private static final class Loading {
        static final Throwable CAUSE = load();

        private static Throwable load() {
            try {
                Loader.load();
                int found = Native.oag_abi_version();
                if (found != ABI_VERSION) {
                    throw new UnsatisfiedLinkError("the native library has ABI version " + found + ", this jar needs " + ABI_VERSION
                        + ": use openautoglm jars of one version");
                }
                return null;
            } catch (LinkageError | RuntimeException cause) {
                return cause;
            }
        }
    }

    /** Why the library cannot be loaded, or null when it is loaded. */
    public static Throwable unavailabilityCause() {
        return Loading.CAUSE;
    }

    /**
     * Loads the library unless that was done.
     *
     * @throws UnavailableException when that is impossible, each time with the first cause
     */
    public static void ensureLoaded() {
        Throwable cause = unavailabilityCause();
        if (cause != null) {
            String text = cause instanceof UnsatisfiedLinkError ? cause.getMessage() : cause.toString();
            throw new UnavailableException("the native library cannot be loaded: " + text, cause);
        }
    }

    /** Release of the native library, such as {@code 0.1.0}. */
    public static String version() {
        ensureLoaded();
        ByteBuffer text = Memory.view(Native.oag_version(), LONGEST_VERSION);
        StringBuilder version = new StringBuilder();
        for (int i = 0; i < LONGEST_VERSION && text.get(i) != 0; i++) {
            version.append((char) (text.get(i) & 0xff));
        }
        return version.toString();
    }

    /** The JSON object of {@code oag_diagnostics} for the default options. */
    public static String diagnostics() {
        ensureLoaded();
        String report = text(0, (frame, out, capacity, needed) ->
            Native.oag_diagnostics(0, out, capacity, needed, frame.error(), Frame.ERROR_CAPACITY));
        SharedRuntime.trimIfUnused();
        return report;
    }

    /** A native function that writes text of unknown length. */
    interface TextFunction {
        int call(Frame frame, long text, long capacity, long needed);
    }

    /** Calls {@code function} with a buffer of {@code capacity} bytes (0: of a usual size), and again if it wants a larger one. */
    static String text(int capacity, TextFunction function) {
        int room = capacity == 0 ? 16 << 10 : capacity;
        while (true) {
            FrameLayout layout = new FrameLayout();
            long needed = layout.add(Long.BYTES);
            long text = layout.add(room);
            try (Frame frame = FramePool.SHARED.lease(layout.size())) {
                int status = function.call(frame, frame.at(text), room, frame.at(needed));
                if (status != NativeStatus.BUFFER_TOO_SMALL) {
                    frame.check(status);
                    byte[] utf8 = new byte[Math.toIntExact(Math.max(0, frame.getLong(needed) - 1))];
                    frame.slice(text, utf8.length).get(utf8);
                    return new String(utf8, StandardCharsets.UTF_8);
                }
                room = Math.toIntExact(frame.getLong(needed));
            }
        }
    }
}
