package org.openautoglm.internal;

/** Plans where the parts of one native call lie in its {@link Frame}: add the parts, then lease a frame of {@link #size}. */
final class FrameLayout {
    /** A cache line; also enough for any C type and for aligned vector loads. */
    private static final int ALIGNMENT = 64;

    private long size = Frame.ERROR_CAPACITY;

    /**
     * Reserves a part.
     *
     * @param bytes its size; 0 is allowed
     * @return the part's offset in the frame
     */
    long add(long bytes) {
        long offset = size;
        size += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return offset;
    }

    /** Bytes of the whole frame. */
    long size() {
        return size;
    }
}
