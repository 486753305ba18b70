package org.openautoglm.benchmarks.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The soak itself, shorter. */
class SoakTest {
    /** Some four minutes on two cores. */
    static final long CALLS = 500_000;
    private static final long LOADS = 4_000;
    private static final Path TINY_CLIP = Path.of(System.getProperty("openautoglm.testdata"), "models/tiny-clip");

    @TempDir private Path folder;

    private List<CSVRecord> rows(Path csv) throws Exception {
        try (CSVParser parser = CSVParser.parse(csv, StandardCharsets.UTF_8, CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get())) {
            return parser.getRecords();
        }
    }

    /** Half a million calls and some thousand loads in a JVM of their own. Its verdict is not blind: on the same figures a leak of 100 bytes per call is one. */
    @Test
    @Tag("once")
    @Timeout(3600)
    void aLongDayStaysFlat() throws Exception {
        Path csv = folder.resolve("soak.csv");
        Path log = folder.resolve("soak.log");
        int exitCode = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch",
            "-Dopenautoglm.cache=" + System.getProperty("openautoglm.cache", System.getProperty("java.io.tmpdir")), "-cp", System.getProperty("java.class.path"),
            Soak.class.getName(), "--model", TINY_CLIP.toString(), "--calls", Long.toString(CALLS), "--loads", Long.toString(LOADS), "--out", csv.toString())
            .redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
        String output = Files.readString(log);
        assertEquals(0, exitCode, output);
        List<CSVRecord> rows = rows(csv);
        assertEquals(2 * Phase.WINDOWS, rows.size());
        List<Window> leaking = rows.stream().filter(row -> row.get("phase").equals("calls")).map(row -> {
            long last = Long.parseLong(row.get("last_step"));
            long resident = (long) (Double.parseDouble(row.get("rss_median_mib")) * (1 << 20));
            return new Window(Long.parseLong(row.get("first_step")), last, 0, new long[] {resident + 100 * last});
        }).toList();
        assertEquals(CALLS - 1, leaking.get(leaking.size() - 1).lastStep());
        assertFalse(Flatness.of(leaking, Soak.ALLOWED_PER_CALL).flat(), output);
    }

    @Test
    void rowsSayWhereTheyComeFrom() throws Exception {
        Path csv = folder.resolve("results/soak.csv");
        Files.createDirectories(csv.getParent());
        new SoakFile(csv, null, null, null, null).prepare();
        Files.writeString(csv, "before" + ",".repeat(24) + "\n", StandardOpenOption.APPEND);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] arguments = {"--model", TINY_CLIP.toString(), "--calls", "300", "--loads", "250", "--threads", "3", "--plant-leak", "1", "--note", "a, b", "--out", csv.toString()};
        // Such a short day is all warm-up: it may end with either verdict, but with one.
        int exitCode = Soak.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        assertEquals("", err.toString());
        assertTrue(exitCode == 0 || exitCode == 1);
        assertTrue(out.toString().contains("calls: 300 steps on 3 threads") && out.toString().contains("loads: 250 steps"), out::toString);
        List<CSVRecord> rows = rows(csv);
        assertEquals(1 + 2 * Phase.WINDOWS, rows.size());
        assertEquals("before", rows.get(0).get("date"), "rows of earlier runs stay");
        CSVRecord first = rows.get(1);
        assertEquals("a, b", first.get("note"));
        assertEquals("1", first.get("planted_leak_bytes_per_step"));
        assertEquals("0 11", first.get("first_step") + " " + first.get("last_step"));
        assertEquals("warm-up", first.get("kind"));
        assertEquals("measured", rows.get(Phase.WINDOWS).get("kind"));
        assertTrue(Double.parseDouble(first.get("rss_median_mib")) > 20, first::toString);
        assertTrue(first.get("command").startsWith("benchmarks/soak --model "), first::toString);
        assertFalse(first.get("cpu").isEmpty() || first.get("jdk").isEmpty() || first.get("openautoglm").isEmpty());
    }

    @Test
    void everyStepIsDoneOnceAndAFailureEndsThePhaseWithItsNumber() throws Exception {
        AtomicLong sum = new AtomicLong();
        List<Window> windows = new Phase("sums", 1003, 4, sum::addAndGet).run((done, bytes) -> { });
        assertEquals(1003 * 1002 / 2, sum.get());
        assertEquals(Phase.WINDOWS, windows.size());
        assertEquals(1002, windows.get(Phase.WINDOWS - 1).lastStep());
        windows.forEach(window -> assertTrue(window.least() > 0 && window.samples().length == Phase.SAMPLES));
        String message = assertThrows(IllegalStateException.class, () -> new Phase("sums", 1000, 4, number -> {
            if (number == 700) {
                throw new IllegalArgumentException("seven hundred");
            }
        }).run((done, bytes) -> { })).getMessage();
        assertTrue(message.contains("step 700") && message.contains("seven hundred"), message);
    }

    @Test
    void wrongUsageIsExitCode2() {
        StringWriter err = new StringWriter();
        assertEquals(2, Soak.run(new PrintWriter(err), new PrintWriter(err, true), "--model", "x", "--out", "y.csv", "--calls", "3"));
        assertTrue(err.toString().contains("--calls is 3"), err::toString);
    }
}
