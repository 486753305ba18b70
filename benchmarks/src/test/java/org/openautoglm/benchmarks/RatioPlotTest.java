package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatioPlotTest {
    private static final String ROW = """
        {"date":"%s","name":"image tower","precision":"fp32","threads":2,"items":%d,"unit":"images","input":"ours: RGB pixels, timed; peer: pixels",\
        "ours_min_ms":10,"peer":%s,"peer_min_ms":20,"ratio":%s,"cpu":"a CPU","ours_backend":"host avx2 fp32, 2 threads"}
        """;

    @TempDir private Path folder;
    private final StringWriter errors = new StringWriter();

    private int plot(String... arguments) {
        return RatioPlot.run(new PrintWriter(errors, true), arguments);
    }

    @Test void newestRowOfEachCaseIsDrawn() throws Exception {
        Files.writeString(folder.resolve("rows.jsonl"), ROW.formatted("2026-01-02T00:00:00Z", 8, "\"onnxruntime\"", "1.37")
            + ROW.formatted("2026-01-01T00:00:00Z", 8, "\"onnxruntime\"", "9.99") + ROW.formatted("2026-01-01T00:00:00Z", 1, "\"onnxruntime\"", "1.21")
            + ROW.formatted("2026-01-01T00:00:00Z", 32, "null", "null"));
        Path svg = folder.resolve("plot.svg");
        assertEquals(0, plot(folder.resolve("rows").toString(), "--out", svg.toString()), errors::toString);
        String drawn = Files.readString(svg);
        assertTrue(drawn.contains("<svg") && drawn.contains("8 images") && drawn.contains("1 images") && drawn.contains("a CPU"), drawn);
        assertTrue(drawn.contains("1.37") && !drawn.contains("9.99"), "the newest row counts");
        assertFalse(drawn.contains("32 images"), "a row without a peer is left out");
    }

    @Test void filesWithoutRowsAreNamed() {
        Path svg = folder.resolve("plot.svg");
        assertEquals(1, plot(folder.resolve("nothing").toString(), "--out", svg.toString()));
        assertTrue(errors.toString().contains("nothing.jsonl has no rows"), errors::toString);
        assertEquals(2, plot("--out", svg.toString()), "no stem");
    }
}
