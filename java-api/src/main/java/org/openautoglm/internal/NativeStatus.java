package org.openautoglm.internal;

import org.openautoglm.ImageException;
import org.openautoglm.ModelException;
import org.openautoglm.NativeMemoryException;
import org.openautoglm.OpenAutoGlmException;
import org.openautoglm.UnavailableException;
import org.openautoglm.UnsupportedException;
import org.openautoglm.VectorStoreException;
import org.openautoglm.bindings.Native;

/** What an {@code oag_status} means in Java. */
final class NativeStatus {
    static final int OK = Native.OAG_OK;
    static final int BUFFER_TOO_SMALL = Native.OAG_BUFFER_TOO_SMALL;
    static final int PARTIAL = Native.OAG_PARTIAL;

    private NativeStatus() { }

    /**
     * The exception for a status.
     *
     * @param status any but OK
     * @param text the native error text: one sentence with culprit and remedy
     */
    static RuntimeException exception(int status, String text) {
        return status == Native.OAG_INVALID_ARGUMENT ? new IllegalArgumentException(text) : failure(status, text);
    }

    /** As {@link #exception}, for what went wrong with one item of a batch. */
    static OpenAutoGlmException failure(int status, String text) {
        return switch (status) {
            case Native.OAG_IO, Native.OAG_BAD_MODEL -> new ModelException(text);
            case Native.OAG_BAD_IMAGE, Native.OAG_INVALID_ARGUMENT -> new ImageException(text);
            case Native.OAG_UNSUPPORTED -> new UnsupportedException(text);
            case Native.OAG_UNAVAILABLE -> new UnavailableException(text);
            case Native.OAG_BAD_INDEX -> new VectorStoreException(text);
            case Native.OAG_OUT_OF_MEMORY -> new NativeMemoryException(text);
            default -> new OpenAutoGlmException("a defect of this library (status " + status + "), please report it: " + text);
        };
    }
}
