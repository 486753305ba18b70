package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code index} and {@code search}. */
@Timeout(600)
class IndexCommandTest {
    private static final Path SHAPES = Run.MODELS.resolve("../../examples/pictures");

    @TempDir Path folder;

    private Run index(String pictures, Path file, String... more) {
        return Run.of(Stream.concat(Stream.of("index", "--model", "open-autoglm-demo", "--images-from", pictures, "-o", file.toString()), Stream.of(more)).toArray(String[]::new));
    }

    private static List<String> found(JsonObject json) {
        JsonArray hits = json.getAsJsonArray("queries").get(0).getAsJsonObject().getAsJsonArray("hits");
        return hits.asList().stream().map(hit -> Path.of(hit.getAsJsonObject().get("id").getAsString()).getFileName().toString()).toList();
    }

    @Test
    void whatIsIndexedIsFound() {
        for (String rows : List.of("fp32", "bf16", "INT8")) {
            Path file = folder.resolve(rows + ".index");
            Run run = index(SHAPES.toString(), file, "--rows", rows);
            assertEquals(0, run.exitCode(), run.err());
            assertEquals("", run.err());
            assertTrue(run.out().startsWith("6 pictures added: ") && run.out().endsWith(" has 6\n"), run.out());
            assertFalse(Files.exists(folder.resolve(rows + ".index.partial")));
            Run search = Run.of("search", "--model", "open-autoglm-demo", "--index", file.toString(), "--text", "a large red circle above a small blue square", "--json", "--top", "3");
            assertEquals(0, search.exitCode(), search.err());
            assertEquals(3, found(search.json()).size());
            assertEquals("large-red-circle-above-small-blue-square.png", found(search.json()).get(0));
            Run same = Run.of("search", "--model", "open-autoglm-demo", "--index", file.toString(), "--image", SHAPES.resolve("large-blue-ring.png").toString());
            List<String> lines = same.out().lines().toList();
            assertEquals(6, lines.size(), same.out());
            assertTrue(lines.get(0).endsWith("large-blue-ring.png") && Double.parseDouble(lines.get(0).substring(0, 8).strip()) > 0.99, same.out());
        }
        Run two = Run.of("search", "--model", "open-autoglm-demo", "--index", folder.resolve("fp32.index").toString(), "--text", "a small green square", "a yellow star", "--top", "1");
        assertEquals(5, two.out().lines().count(), two.out());
        assertEquals("a small green square", two.out().lines().findFirst().orElseThrow());
    }

    @Test
    void morePicturesAreAddedAndBadOnesReported() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures/sub"));
        Files.copy(SHAPES.resolve("large-blue-ring.png"), pictures.resolve("ring.png"));
        Path file = folder.resolve("photos.index");
        assertEquals(0, index(pictures.toString(), file).exitCode());
        byte[] first = Files.readAllBytes(file);
        Files.write(pictures.resolve("broken.jpg"), new byte[] {1, 2, 3});
        Run bad = index(folder.resolve("pictures").toString(), file);
        assertEquals(1, bad.exitCode());
        assertTrue(bad.err().startsWith("autoglm: ") && bad.err().contains("broken.jpg") && bad.err().lines().count() == 1, bad.err());
        assertTrue(bad.out().startsWith("0 pictures added, 1 were there, 1 are bad: "), bad.out());
        assertEquals(-1, java.util.Arrays.mismatch(first, Files.readAllBytes(file)), "nothing new, nothing written");
        Files.delete(pictures.resolve("broken.jpg"));
        Files.copy(SHAPES.resolve("small-green-square-above-large-yellow-triangle.png"), pictures.resolve("triangle.png"));
        Run more = index(folder.resolve("pictures").toString(), file);
        assertTrue(more.out().startsWith("1 pictures added, 1 were there: ") && more.out().endsWith(" has 2\n"), more.out());
        Run failFast = index(Files.write(Files.createDirectory(folder.resolve("bad")).resolve("x.png"), new byte[3]).getParent().toString(), folder.resolve("no.index"), "--fail-fast");
        assertEquals(2, failFast.exitCode());
        Run allBad = index(folder.resolve("bad").toString(), folder.resolve("no.index"));
        assertEquals(2, allBad.exitCode());
        assertFalse(Files.exists(folder.resolve("no.index")) || Files.exists(folder.resolve("no.index.partial")), allBad.out());
    }

    @Test
    void eachMistakeIsOneClearLine() throws IOException {
        Path file = folder.resolve("photos.index");
        index(SHAPES.toString(), file);
        Path damaged = folder.resolve("damaged.index");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);
        Files.write(folder.resolve("begun.index.partial"), new byte[0]);
        String empty = Files.createDirectory(folder.resolve("empty")).toString();
        String f = file.toString();
        String d = "open-autoglm-demo";
        for (List<String> mistake : List.of(
            List.of("--images-from", "index", "--model", d, "-o", f),
            List.of("-o", "index", "--model", d, "--images-from", empty),
            List.of("no .jpg or .png", "index", "--model", d, "--images-from", empty, "-o", f),
            List.of("no such folder", "index", "--model", d, "--images-from", "/nowhere", "-o", f),
            List.of("is a folder; -o takes a file", "index", "--model", d, "--images-from", SHAPES.toString(), "-o", empty),
            List.of("'fp64' is none of fp32, bf16, int8", "index", "--model", d, "--images-from", SHAPES.toString(), "-o", f, "--rows", "fp64"),
            List.of("has fp32 rows", "index", "--model", d, "--images-from", SHAPES.toString(), "-o", f, "--rows", "int8"),
            List.of("model open-autoglm-demo", "index", "--model", Run.MODEL, "--images-from", SHAPES.toString(), "-o", f),
            List.of("damaged.index: is damaged", "index", "--model", d, "--images-from", SHAPES.toString(), "-o", damaged.toString()),
            List.of("cannot be opened for writing", "index", "--model", d, "--images-from", SHAPES.toString(), "-o", folder.resolve("no/such").toString()),
            List.of("--index", "search", "--model", d, "--text", "a"),
            List.of("nothing to search for", "search", "--model", d, "--index", f),
            List.of("one of them at a time", "search", "--model", d, "--index", f, "--text", "a", "--image", Run.PICTURE),
            List.of("--top is 0", "search", "--model", d, "--index", f, "--text", "a", "--top", "0"),
            List.of("there is no such index", "search", "--model", d, "--index", "/nowhere.index", "--text", "a"),
            List.of("is not finished", "search", "--model", d, "--index", folder.resolve("begun.index").toString(), "--text", "a"),
            List.of("is damaged", "search", "--model", d, "--index", damaged.toString(), "--text", "a"),
            List.of("not an index", "search", "--model", d, "--index", Run.PICTURE, "--text", "a"),
            List.of("not model tiny-clip", "search", "--model", Run.MODEL, "--index", f, "--text", "a"),
            List.of("no such file", "search", "--model", d, "--index", f, "--image", "/nowhere.png"))) {
            Run run = Run.of(mistake.subList(1, mistake.size()).toArray(String[]::new));
            assertEquals(2, run.exitCode(), mistake + run.err());
            assertEquals("", run.out());
            assertEquals(1, run.err().lines().count(), run.err());
            assertTrue(run.err().startsWith("autoglm: ") && run.err().contains(mistake.get(0)), mistake + run.err());
        }
        assertEquals(0, Run.of("search", "--model", d, "--index", f, "--text", "a").exitCode(), "an index was harmed");
    }
}
