package org.openautoglm.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import org.openautoglm.NativeMemoryException;
import org.openautoglm.bindings.Memory;

/**
 * The native memory of one call: arguments, results and the error text, at offsets planned by a {@link FrameLayout}. It is outside
 * the JVM, so it counts neither as Java heap nor under {@code -XX:MaxDirectMemorySize}. Its contents are arbitrary when it is leased.
 *
 * <p>A frame belongs to one thread, from {@link FramePool#lease} to {@link #close}.
 */
final class Frame implements AutoCloseable {
    /** Bytes at offset 0 that receive the error text of a native call. */
    static final int ERROR_CAPACITY = 1024;

    private final FramePool pool;
    private final long address;
    private final ByteBuffer bytes;
    private long charged; // against the pool's budget

    Frame(FramePool pool, long capacity) {
        if (capacity > Integer.MAX_VALUE) {
            throw new NativeMemoryException("one call would need " + capacity + " bytes of native memory, more than the 2 GiB "
                + "it may have; pass fewer or smaller items");
        }
        this.pool = pool;
        this.address = Memory.allocate(capacity);
        if (address == 0) {
            throw new NativeMemoryException("no native memory left for a call that needs " + capacity + " bytes");
        }
        try {
            this.bytes = Memory.view(address, capacity).order(ByteOrder.nativeOrder());
        } catch (OutOfMemoryError noHeap) {
            Memory.free(address);
            throw noHeap;
        }
    }

    int capacity() {
        return bytes.capacity();
    }

    long charged() {
        return charged;
    }

    void charge(long budgetBytes) {
        charged = budgetBytes;
    }

    /** The address of the byte at {@code offset}. */
    long at(long offset) {
        return address + offset;
    }

    int getInt(long offset) {
        return bytes.getInt((int) offset);
    }

    long getLong(long offset) {
        return bytes.getLong((int) offset);
    }

    double getDouble(long offset) {
        return bytes.getDouble((int) offset);
    }

    void putInt(long offset, int value) {
        bytes.putInt((int) offset, value);
    }

    void putLong(long offset, long value) {
        bytes.putLong((int) offset, value);
    }

    /** Sets {@code size} bytes to 0. */
    void clear(long offset, long size) {
        for (long i = 0; i < size; i++) {
            bytes.put((int) (offset + i), (byte) 0);
        }
    }

    /** A view of {@code size} bytes in native order; valid until {@link #close}. */
    ByteBuffer slice(long offset, long size) {
        return bytes.slice((int) offset, (int) size).order(ByteOrder.nativeOrder());
    }

    /** A view of {@code count} floats; valid until {@link #close}. */
    FloatBuffer floats(long offset, long count) {
        return slice(offset, count * Float.BYTES).asFloatBuffer();
    }

    /** Writes a NUL-terminated UTF-8 string; the part must have room for {@code utf8.length + 1} bytes. */
    void putString(long offset, byte[] utf8) {
        bytes.put((int) offset, utf8);
        bytes.put((int) offset + utf8.length, (byte) 0);
    }

    /** Reads a NUL-terminated UTF-8 string of at most {@code capacity} bytes. */
    String getString(long offset, int capacity) {
        int length = 0;
        while (length < capacity && bytes.get((int) offset + length) != 0) {
            length++;
        }
        byte[] utf8 = new byte[length];
        bytes.get((int) offset, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** The address of the error buffer, of {@link #ERROR_CAPACITY} bytes. */
    long error() {
        return address;
    }

    /**
     * Returns normally when a native call succeeded.
     *
     * @param status of a call that was given {@link #error()}
     * @throws RuntimeException of the kind that {@link NativeStatus} says, with the error text
     */
    void check(int status) {
        if (status != NativeStatus.OK) {
            throw NativeStatus.exception(status, getString(0, ERROR_CAPACITY));
        }
    }

    /** Gives the memory back to the pool. Views of it must not be used any more. */
    @Override public void close() {
        pool.giveBack(this);
    }

    /** Frees the memory itself; for the pool. */
    void free() {
        Memory.free(address);
    }
}
