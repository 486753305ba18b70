package org.openautoglm.benchmarks.soak;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.benchmarks.Machine;

/**
 * Windows as CSV rows, appended.
 *
 * @param csv the file; made with a header if it is not there
 * @param machine where this runs
 * @param date of the run
 * @param command that starts it again
 * @param note null for none
 */
record SoakFile(Path csv, Machine machine, String date, String command, String note) {
    private static final String[] COLUMNS = {"date", "phase", "threads", "window", "kind", "first_step", "last_step", "seconds", "samples",
        "rss_median_mib", "rss_min_mib", "rss_max_mib", "phase_growth_mib", "phase_allowed_mib", "phase_verdict", "planted_leak_bytes_per_step",
        "heap_mib", "cpu", "cpus", "os", "jdk", "openautoglm", "source", "command", "note"};

    /** Makes the folder, so that a long run does not end with a file that cannot be written. */
    void prepare() throws IOException {
        if (csv.toAbsolutePath().getParent() != null) {
            Files.createDirectories(csv.toAbsolutePath().getParent());
        }
        if (!Files.exists(csv) || Files.size(csv) == 0) {
            print(printer -> printer.printRecord((Object[]) COLUMNS));
        }
    }

    /** Appends the rows of a phase. */
    void add(Phase phase, List<Window> windows, Flatness verdict, long leak) throws IOException {
        print(printer -> {
            for (int i = 0; i < windows.size(); i++) {
                Window window = windows.get(i);
                printer.printRecord(date, phase.name(), phase.threads(), i, i < Flatness.warmUp(windows.size()) ? "warm-up" : "measured",
                    window.firstStep(), window.lastStep(), number(window.seconds()), window.samples().length, mib(window.median()), mib(window.least()),
                    mib(window.most()), mib(verdict.growth()), mib(verdict.allowed()), verdict.flat() ? "flat" : "not flat", leak,
                    mib(Runtime.getRuntime().maxMemory()), machine.cpu(), machine.cpus(), machine.os(), machine.jdk(), OpenAutoGlm.version(),
                    machine.source(), command, note);
            }
        });
    }

    private interface Body {
        void write(CSVPrinter printer) throws IOException;
    }

    private void print(Body body) throws IOException {
        CSVFormat format = CSVFormat.RFC4180.builder().setRecordSeparator('\n').get();
        try (Writer writer = Files.newBufferedWriter(csv, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
             CSVPrinter printer = new CSVPrinter(writer, format)) {
            body.write(printer);
        }
    }

    private static String mib(long bytes) {
        return number(bytes / 1048576.0);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
