package org.openautoglm.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.openautoglm.bindings.Native;

/** Pictures that the native side decodes: the bytes of a JPEG, PNG or WebP file. */
public final class EncodedPicture {
    /** A pipe or device is read to its end into the heap; one that does not end must not fill it. */
    private static final int LONGEST_STREAM = 64 << 20;

    private EncodedPicture() { }

    /** A file, read straight into native memory. */
    public static Picture file(Path path) {
        return new FilePicture(path);
    }

    /** A file's bytes; the array is not copied. */
    public static Picture bytes(byte[] bytes) {
        return new BytesPicture(bytes);
    }

    private static Picture.NativeImage encoded(long address, long size) {
        return new Picture.NativeImage(Native.OAG_IMAGE_ENCODED, address, size, 0, 0, 0);
    }

    private record FilePicture(Path path) implements Picture {
        @Override public Prepared prepare() throws IOException {
            return Uninterrupted.read(this::prepareAnew);
        }

        private Prepared prepareAnew() throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new IOException("this is a folder, not a picture");
            }
            if (attributes.isRegularFile() && attributes.size() > 0) {
                return new PreparedFile(path, attributes.size());
            }
            // Pipes such as /dev/fd/63 and files under /proc tell no size.
            try (InputStream stream = Files.newInputStream(path)) {
                byte[] bytes = stream.readNBytes(LONGEST_STREAM + 1);
                if (bytes.length > LONGEST_STREAM) {
                    throw new IOException("this is not a regular file and has more than " + (LONGEST_STREAM >> 20) + " MiB");
                }
                return new PreparedBytes(bytes);
            }
        }
    }

    private record BytesPicture(byte[] bytes) implements Picture {
        @Override public Prepared prepare() {
            return new PreparedBytes(bytes);
        }
    }

    private record PreparedFile(Path path, long frameBytes) implements Picture.Prepared {
        @Override public Picture.NativeImage place(ByteBuffer area, long address) throws IOException {
            return Uninterrupted.read(() -> placeAnew(area.clear(), address));
        }

        private Picture.NativeImage placeAnew(ByteBuffer area, long address) throws IOException {
            try (SeekableByteChannel channel = Files.newByteChannel(path)) {
                if (channel.size() != frameBytes) {
                    throw new IOException("the file changed its size while it was read");
                }
                while (area.hasRemaining()) {
                    if (channel.read(area) < 0) {
                        throw new EOFException("the file changed its size while it was read");
                    }
                }
            }
            return encoded(address, frameBytes);
        }
    }

    private record PreparedBytes(byte[] bytes) implements Picture.Prepared {
        @Override public long frameBytes() {
            return bytes.length;
        }

        @Override public Picture.NativeImage place(ByteBuffer area, long address) {
            area.put(bytes);
            return encoded(address, bytes.length);
        }
    }
}
