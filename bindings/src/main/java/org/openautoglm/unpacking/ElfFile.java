package org.openautoglm.unpacking;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A shared library of Linux, as far as loading it can kill the process: the dynamic linker maps what the headers say and gets a SIGBUS behind the file's end. */
public final class ElfFile {
    private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F'};
    private static final int HEADER_BYTES = 64;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    // Offsets in the headers, see elf(5).
    private static final int PROGRAM_HEADERS = 32;
    private static final int PROGRAM_HEADER_SIZE = 54;
    private static final int PROGRAM_HEADER_COUNT = 56;
    private static final int SEGMENT_OFFSET = 8;
    private static final int SEGMENT_FILE_SIZE = 32;

    private ElfFile() { }

    /**
     * Returns normally when the file has all that its headers say, or is no 64-bit ELF file at all, which the dynamic linker refuses by itself.
     *
     * @throws DamagedException when it is cut off
     */
    public static void requireComplete(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            long size = Files.size(file);
            byte[] header = content.readNBytes(HEADER_BYTES);
            if (header.length < MAGIC.length || !Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
                return;
            }
            if (header.length == HEADER_BYTES && header[4] != CLASS_64) {
                return;
            }
            require(header.length == HEADER_BYTES, file, size);
            ByteOrder order = header[5] == LITTLE_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
            ByteBuffer fields = ByteBuffer.wrap(header).order(order);
            long table = fields.getLong(PROGRAM_HEADERS);
            int entrySize = fields.getShort(PROGRAM_HEADER_SIZE) & 0xffff;
            int count = fields.getShort(PROGRAM_HEADER_COUNT) & 0xffff;
            require(table >= HEADER_BYTES && table <= size, file, size);
            content.skipNBytes(table - HEADER_BYTES);
            for (int i = 0; i < count; i++) {
                byte[] entry = content.readNBytes(entrySize);
                require(entry.length == entrySize && entrySize >= SEGMENT_FILE_SIZE + Long.BYTES, file, size);
                ByteBuffer segment = ByteBuffer.wrap(entry).order(order);
                long offset = segment.getLong(SEGMENT_OFFSET);
                long bytes = segment.getLong(SEGMENT_FILE_SIZE);
                require(offset >= 0 && bytes >= 0 && offset <= size && bytes <= size - offset, file, size);
            }
        }
    }

    private static void require(boolean holds, Path file, long size) throws DamagedException {
        if (!holds) {
            throw new DamagedException(file + " is cut off or damaged: its headers speak of more than its " + size + " bytes. It is so in its jar: fetch "
                + "the jar again, or see what repacked it");
        }
    }
}
