package org.openautoglm.benchmarks.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What of this process lies in memory, as Linux counts it. */
final class ResidentMemory {
    /** Exact; VmRSS in /proc/self/status lags behind by some pages for each thread. */
    private static final Path ROLLUP = Path.of("/proc/self/smaps_rollup");

    private ResidentMemory() { }

    /** Bytes, now. */
    static long bytes() throws IOException {
        for (String line : Files.readAllLines(ROLLUP)) {
            if (line.startsWith("Rss:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException(ROLLUP + " has no line \"Rss:\"");
    }
}
