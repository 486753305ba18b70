package org.openautoglm.internal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where the bytes of a picture come from. Immutable, safe for any thread, read anew by each call that it is given to. */
public interface Picture {
    /**
     * Looks how much memory the picture's bytes need in the frame of a call. Holds nothing open: a call prepares many pictures first.
     *
     * @throws IOException when the picture is not there or not readable
     */
    Prepared prepare() throws IOException;

    /**
     * A picture and what errors call it.
     *
     * @param name for messages
     * @param picture the bytes
     */
    record Named(String name, Picture picture) { }

    /** A picture whose size is known; used once, by the thread that prepared it. */
    interface Prepared {
        /** Bytes of frame memory needed; 0 when the bytes are taken from where they are. */
        long frameBytes();

        /** Pixels, where they are known before the bytes are there; 0 for an encoded picture. */
        default long pixelCount() {
            return 0;
        }

        /**
         * Puts the picture's bytes where the native side can read them.
         *
         * @param area of {@link #frameBytes} bytes
         * @param address of {@code area}
         * @return what to hand to the native side; valid as long as the frame is
         * @throws IOException when reading fails
         */
        NativeImage place(ByteBuffer area, long address) throws IOException;
    }

    /**
     * The fields of an {@code oag_image}.
     *
     * @param kind an {@code oag_image_kind}
     * @param address of the first byte
     * @param size bytes readable there
     * @param width in pixels; 0 for an encoded picture
     * @param height in pixels; 0 for an encoded picture
     * @param stride bytes from row to row; 0 for an encoded picture
     */
    record NativeImage(int kind, long address, long size, int width, int height, long stride) { }
}
