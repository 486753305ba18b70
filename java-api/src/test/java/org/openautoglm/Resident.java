package org.openautoglm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of this process, as Linux counts it. */
final class Resident {
    private Resident() { }

    static long bytes() {
        return status("VmRSS:");
    }

    /** The most there ever was. */
    static long peak() {
        return status("VmHWM:");
    }

    private static long status(String name) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith(name)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
        throw new IllegalStateException("/proc/self/status has no " + name);
    }
}
