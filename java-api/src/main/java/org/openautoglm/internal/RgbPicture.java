package org.openautoglm.internal;

import java.nio.ByteBuffer;
import org.openautoglm.bindings.Memory;
import org.openautoglm.bindings.Native;

/**
 * Decoded pixels in a buffer: R, G, B bytes, top row first, from the buffer's element 0. A direct buffer is read where it is, another
 * one is copied into the frame.
 *
 * @param pixels a slice of its own: nobody moves its position or limit
 * @param width in pixels
 * @param height in pixels
 * @param stride bytes from one row to the next, at least {@code 3 * width}
 */
public record RgbPicture(ByteBuffer pixels, int width, int height, int stride)
        implements Picture, Picture.Prepared {
    @Override public Prepared prepare() {
        return this;
    }

    @Override public long frameBytes() {
        return pixels.isDirect() ? 0 : pixels.limit();
    }

    @Override public long pixelCount() {
        return (long) width * height;
    }

    @Override public NativeImage place(ByteBuffer area, long address) {
        long first = address;
        if (pixels.isDirect()) {
            pixels.get(0); // throws if the memory segment behind the buffer was closed; its address would be no more than a number
            first = Memory.address(pixels);
        } else {
            area.put(0, pixels, 0, pixels.limit());
        }
        return new NativeImage(Native.OAG_IMAGE_RGB8, first, pixels.limit(), width, height, stride);
    }
}
