package org.openautoglm.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * What a command writes: standard output, or a file that appears whole or not at all. A failure to write is an {@link OutputFailure}.
 * {@link #commit} ends it; without that {@link #close} throws a file away.
 */
final class Output extends Writer {
    private final Writer writer;
    private final Path temporary; // null for standard output and for what is no regular file
    private final Path target;

    private Output(Writer writer, Path temporary, Path target) {
        this.writer = writer;
        this.temporary = temporary;
        this.target = target;
    }

    /** Writing failed, as when the disk is full. */
    static final class OutputFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OutputFailure(String message, IOException cause) {
            super(message, cause);
        }

        /** Whether the reader at the other end of a pipe has had enough, as {@code head} does. */
        boolean isBrokenPipe() {
            return getCause().getMessage() != null && getCause().getMessage().contains("Broken pipe");
        }
    }

    /** Standard output. Lines go out at once when a person reads them. */
    static Output standard(Console console, Charset charset) {
        return new Output(new BufferedWriter(new OutputStreamWriter(console.out(), charset)), null, null);
    }

    /**
     * A file in UTF-8.
     *
     * @param file replaced on {@link #commit}; a link is followed; a pipe or device is written directly
     */
    static Output file(Path file) {
        try {
            // Before the links are followed: that of /dev/stdout leads to a name that cannot be opened.
            if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
                return new Output(Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.WRITE), null, file);
            }
            Path target = Files.exists(file) ? file.toRealPath()
                : Files.isSymbolicLink(file) ? file.toAbsolutePath().resolveSibling(Files.readSymbolicLink(file))
                : file.toAbsolutePath();
            if (Files.isDirectory(target)) {
                throw CommandFailure.wrongInput(file + " is a folder; -o takes a file");
            }
            if (Files.exists(target) && !Files.isWritable(target)) {
                throw CommandFailure.wrongInput(file + " is write-protected");
            }
            // In the same folder, so that renaming is atomic; opened like any file, so that it gets the usual permissions.
            Path temporary = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
            temporary.toFile().deleteOnExit(); // Ctrl-C
            return new Output(Files.newBufferedWriter(temporary, StandardCharsets.UTF_8), temporary, target);
        } catch (IOException cause) {
            throw CommandFailure.wrongInput(file + " cannot be written: " + Problems.reason(cause), cause);
        }
    }

    /** Finishes: flushes, and puts a file in its place. */
    void commit() {
        guard(() -> {
            if (temporary == null) {
                writer.flush();
                return;
            }
            writer.close();
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && Files.getFileStore(target).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(target));
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        });
    }

    @Override public void write(char[] characters, int offset, int length) {
        guard(() -> writer.write(characters, offset, length));
    }

    @Override public void write(String text) {
        guard(() -> writer.write(text));
    }

    @Override public void flush() {
        guard(writer::flush);
    }

    /** Throws a file away that was not committed. */
    @Override public void close() {
        if (temporary != null) {
            try {
                writer.close();
            } catch (IOException uninteresting) {
                // it is thrown away
            }
            temporary.toFile().delete();
        }
    }

    private interface Writing {
        void run() throws IOException;
    }

    private void guard(Writing writing) {
        try {
            writing.run();
        } catch (IOException cause) {
            throw new OutputFailure((target == null ? "standard output" : target) + " cannot be written: " + Problems.reason(cause), cause);
        }
    }
}
