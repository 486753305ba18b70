package org.openautoglm.internal;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;

/** Reading files on a thread that is interrupted: Java closes a channel under it, and opens none that it could read from. */
final class Uninterrupted {
    private Uninterrupted() { }

    /** Something that reads from the beginning each time. */
    interface Reading<T> {
        T read() throws IOException;
    }

    /** Reads, again after each interrupt, and leaves the thread interrupted if it was. */
    static <T> T read(Reading<T> reading) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return reading.read();
                } catch (ClosedByInterruptException again) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
