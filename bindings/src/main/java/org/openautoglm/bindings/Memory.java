package org.openautoglm.bindings;

import java.nio.Buffer;
import java.nio.ByteBuffer;

/** Native memory by address, for the arguments of {@link Native}. Any method may be called from any thread. */
public final class Memory {
    static {
        Loader.load();
    }

    private Memory() { }

    /**
     * Allocates zeroed memory outside the Java heap, aligned to 16 bytes.
     *
     * @param size in bytes; 0 is allowed
     * @return an address to be given to {@link #free} exactly once; 0 when there is no memory left or {@code size} is negative
     */
    public static native long allocate(long size);

    /**
     * Gives memory of {@link #allocate} back.
     *
     * @param address 0 is allowed
     */
    public static native void free(long address);

    /**
     * A direct buffer over {@code size} bytes at {@code address}, in big-endian order as every new buffer. It does not own the memory and
     * must not be used after it was freed.
     *
     * @param address of memory that is readable and writable for the given size
     * @param size in bytes, at most {@link Integer#MAX_VALUE}
     */
    public static native ByteBuffer view(long address, long size);

    /**
     * The address of a direct buffer's element 0 (of its slice), whatever its position.
     *
     * @return 0 when {@code buffer} is null or not direct
     */
    public static native long address(Buffer buffer);
}
