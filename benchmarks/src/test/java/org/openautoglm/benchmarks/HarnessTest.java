package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole harness on a tiny model, with ONNX Runtime. */
class HarnessTest {
    @TempDir private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... more) {
        List<String> arguments = new ArrayList<>(List.of("--models", folder.toString(), "--model", "tiny-clip", "--threads", "2", "--repetitions", "2",
            "--warm-up", "1", "--out", folder.resolve("results").toString()));
        arguments.addAll(List.of(more));
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new));
    }

    private List<Row> rows() throws Exception {
        return new ResultFiles(folder.resolve("results")).rows();
    }

    @Test
    void everyCaseRunsBesideOnnxRuntime() throws Exception {
        TestModels.copyTinyClip(folder);
        assertEquals(0, run("--note", "a test"), err::toString);
        List<Row> rows = rows();
        assertEquals(List.of("image tower 1", "image tower 8", "image tower 32", "image tower 8", "text tower 64", "text tower 64"),
            rows.stream().map(row -> row.name().replace("clip ", "") + " " + row.items()).toList());
        for (Row row : rows) {
            assertEquals("onnxruntime", row.peer());
            assertTrue(row.lowest_cosine() > 0.99999, row::toString);
            assertTrue(row.ratio() > 0 && row.peak_gflops() > 0 && row.ours_percent_of_peak() > 0 && row.peer_percent_of_peak() > 0, row::toString);
            assertEquals("fp32", row.precision());
            assertEquals(2, row.threads());
            assertTrue(row.ours_backend().contains("2 threads"), row::toString);
            assertTrue(row.command().startsWith("benchmarks/run --models "), row::toString);
            assertEquals("a test", row.note());
        }
        assertTrue(rows.get(3).input().contains("JPEG"), rows::toString);
        assertTrue(rows.get(4).input().contains("padded to 77") && rows.get(5).input().contains("padded to 8"), rows::toString);
        assertEquals(1 + rows.size(), Files.readAllLines(folder.resolve("results.csv")).size());
        assertEquals(6, out.toString().lines().filter(line -> line.contains("; ratio ")).count());
    }

    @Test
    void withoutPeerNoOnnxFilesAreNeeded() throws Exception {
        TestModels.copyTinyClip(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".onnx")).toList()) {
                Files.delete(file);
            }
        }
        assertEquals(0, run("--no-peer"), err::toString);
        assertEquals(5, rows().size());
        assertNull(rows().get(0).peer());
        assertTrue(rows().get(0).ours_percent_of_peak() > 0);
    }

    @Test
    void aLongTextRunsBesideItsPieces() throws Exception {
        TestModels.copyTinyClip(folder);
        assertEquals(0, run("--cases", "long_text"), err::toString);
        Row row = rows().get(0);
        assertEquals(1, rows().size());
        assertEquals("openautoglm, 8 texts", row.peer());
        assertTrue(row.lowest_cosine() > 0.999999 && row.ratio() > 0, row::toString);
    }

    @Test
    void aJavaCallRunsBesideTheCAbi() throws Exception {
        TestModels.copyTinyClip(folder);
        assertEquals(0, run("--cases", "java_call"), err::toString);
        Row row = rows().get(0);
        assertEquals(1, rows().size());
        assertEquals("the C ABI", row.peer());
        assertTrue(row.lowest_cosine() > 0.999999 && row.ratio() > 0, row::toString);
    }

    @Test
    void jpegFilesRunBesideTheUsualJavaPreparationAndBesideOurPixels() throws Exception {
        TestModels.copyTinyClip(folder);
        assertEquals(0, run("--cases", "jpeg", "--pictures", "35"), err::toString); // a full batch of the peer's and a rest
        List<Row> rows = rows();
        assertEquals(2, rows.size());
        assertTrue(rows.get(0).input().contains("ImageIO and Graphics2D") && rows.get(1).input().contains("peer: preprocessed pixels"), rows::toString);
        for (Row row : rows) {
            assertEquals(35, row.items());
            assertEquals("fp32", row.precision());
            assertTrue(row.ratio() > 0, row::toString);
        }
        assertTrue(rows.get(0).lowest_cosine() > 0.7 && rows.get(0).lowest_cosine() < 0.99999, rows::toString);
        assertTrue(rows.get(1).lowest_cosine() > 0.99999, rows::toString);
    }

    @Test
    void templatesRunBesideEachTextByItself() throws Exception {
        TestModels.copyTinyClip(folder);
        assertEquals(0, run("--cases", "templates", "--repetitions", "1"), err::toString);
        Row row = rows().get(0);
        assertEquals(1, rows().size());
        assertEquals("openautoglm, each text by itself", row.peer());
        assertEquals(7000, row.items());
        assertTrue(row.lowest_cosine() > 0.9999999 && row.ratio() > 0, row::toString);
    }

    @Test
    void sidesThatComputeDifferentThingsGiveNoRow() throws Exception {
        TestModels.copyTinyClip(folder);
        Path config = folder.resolve("tiny-clip/config.json");
        String halved = Files.readString(config).replace("\"num_attention_heads\": 4", "\"num_attention_heads\": 2");
        Files.writeString(config, halved);
        assertEquals(1, run());
        assertEquals(6, err.toString().lines().filter(line -> line.contains("no row for clip ") && line.contains(" has cosine ")).count(), err::toString);
        assertEquals(List.of(), rows());
        assertFalse(Files.exists(folder.resolve("results.csv")));
    }

    @Test
    void missingFilesAreNamedWithHowToMakeThem() throws Exception {
        TestModels.copyTinyClip(folder);
        Files.delete(folder.resolve("tiny-clip-text.onnx"));
        assertEquals(1, run("--cases", "text"));
        assertTrue(err.toString().contains("tiny-clip-text.onnx") && err.toString().contains("bench_models.py"), err::toString);
        assertEquals(1, run("--model", "no-such-model"));
        assertTrue(err.toString().contains("no-such-model is no model folder") && err.toString().contains("bench_models.py"), err::toString);
    }

    @Test
    void wrongUsageIsExitCode2() {
        assertEquals(2, run("--cases", "sound"));
        assertEquals(2, run("--repetitions", "0"));
        assertTrue(err.toString().contains("--repetitions is 0"), err::toString);
    }

    @Test
    void commandCanBePastedIntoAShell() {
        assertEquals("benchmarks/run --out a/b-1 --note 'two words; it'\\''s' ''", Main.shellCommand("benchmarks/run", "--out", "a/b-1", "--note", "two words; it's", ""));
    }
}
