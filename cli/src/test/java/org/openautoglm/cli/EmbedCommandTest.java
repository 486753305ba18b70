package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;

class EmbedCommandTest {
    @TempDir Path folder;

    private static float[] embedding(JsonObject line) {
        float[] values = new float[line.getAsJsonArray("embedding").size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.parseFloat(line.getAsJsonArray("embedding").get(i).getAsString());
        }
        return values;
    }

    @Test
    void linesAreInInputOrderAndReadBackToTheSameFloats() {
        Run raw = Run.of("embed", "--model", Run.MODEL, "--text", "a cat", "", "--image", Run.PICTURE, Run.GRAY, "--raw", "--json");
        assertEquals(0, raw.exitCode(), raw.err());
        List<JsonObject> lines = raw.jsonLines();
        assertEquals(List.of("image", "image", "text", "text"), lines.stream().map(line -> line.get("kind").getAsString()).toList());
        assertEquals(List.of(Run.PICTURE, Run.GRAY, "a cat", ""), lines.stream().map(line -> line.get("input").getAsString()).toList());
        assertEquals(List.of("kind", "input", "embedding"), List.copyOf(lines.get(0).keySet()));
        Run scaled = Run.of("embed", "--model", Run.MODEL, "--text", "a cat", "", "--image", Run.PICTURE, Run.GRAY);
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(Run.MODEL)) {
            Features images = model.encodeImages(List.of(ImageInput.of(Path.of(Run.PICTURE)), ImageInput.of(Path.of(Run.GRAY))));
            Features texts = model.encodeTexts("a cat", "");
            assertArrayEquals(images.vector(1), embedding(lines.get(1)));
            assertArrayEquals(texts.vector(0), embedding(lines.get(2)));
            assertArrayEquals(images.normalized().vector(0), embedding(scaled.jsonLines().get(0)));
            assertArrayEquals(texts.normalized().vector(1), embedding(scaled.jsonLines().get(3)));
        }
    }

    @Test
    void aFolderIsReadSortedWithItsSubfoldersAndWithoutHiddenFiles() throws IOException {
        for (String name : List.of("b.JPG", "a.jpeg", "sub/c.png", ".hidden.jpg", ".git/d.jpg", "notes.txt", "jpg")) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.copy(Path.of(Run.PICTURE), file); // a picture is told by its contents
        }
        Run run = Run.of("embed", "--model", Run.MODEL, "--images-from", folder.toString(), "--image", Run.GRAY);
        assertEquals(0, run.exitCode(), run.err());
        assertEquals(List.of(Run.GRAY, folder + "/a.jpeg", folder + "/b.JPG", folder + "/sub/c.png"),
            run.jsonLines().stream().map(line -> line.get("input").getAsString()).toList());
    }

    @Test
    void aBadPictureHasAnErrorEntryInItsPlace() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.png"), "no picture");
        Run run = Run.of("embed", "--model", Run.MODEL, "--image", Run.PICTURE, broken.toString(), "/nowhere/x.jpg", Run.GRAY, "--text", "a");
        assertEquals(1, run.exitCode());
        List<JsonObject> lines = run.jsonLines();
        assertEquals(5, lines.size());
        assertEquals(List.of("kind", "input", "error"), List.copyOf(lines.get(1).keySet()));
        assertEquals(broken.toString(), lines.get(1).get("input").getAsString());
        assertTrue(lines.get(2).get("error").getAsString().contains("no such file"), lines.get(2).toString());
        assertTrue(lines.get(3).has("embedding") && lines.get(4).has("embedding"));
        assertEquals(2, run.err().lines().filter(line -> line.startsWith("autoglm: ")).count(), run.err());
        assertEquals(2, run.err().lines().count(), run.err());
        assertEquals(2, Run.of("embed", "--model", Run.MODEL, "--image", Run.PICTURE, broken.toString(), "--fail-fast").exitCode());
        assertEquals(2, Run.of("embed", "--model", Run.MODEL, "--image", broken.toString()).exitCode());
    }

    @Test
    void aFileAppearsWholeOrNotAtAll() throws IOException {
        Path target = folder.resolve("out.jsonl");
        Run run = Run.of("embed", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", "日本語", "-o", target.toString());
        assertEquals(0, run.exitCode(), run.err());
        assertEquals("", run.out());
        assertEquals(2, Files.readAllLines(target, StandardCharsets.UTF_8).size());
        assertTrue(Files.readString(target).contains("日本語"));

        // What was there stays when the command fails, its permissions when it succeeds, and links are followed.
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r-----"));
        String before = Files.readString(target);
        Run failed = Run.of("embed", "--model", Run.MODEL, "--image", Run.PICTURE, "/nowhere.jpg", "--fail-fast", "-o", target.toString());
        assertEquals(2, failed.exitCode());
        assertEquals(before, Files.readString(target));
        Path link = Files.createSymbolicLink(folder.resolve("link.jsonl"), target);
        assertEquals(0, Run.of("embed", "--model", Run.MODEL, "--text", "x", "-o", link.toString()).exitCode());
        assertTrue(Files.isSymbolicLink(link));
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling.jsonl"), Path.of("made.jsonl"));
        assertEquals(0, Run.of("embed", "--model", Run.MODEL, "--text", "x", "-o", dangling.toString()).exitCode());
        assertTrue(Files.isSymbolicLink(dangling) && Files.isRegularFile(folder.resolve("made.jsonl")));
        assertEquals(1, Files.readAllLines(target).size());
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(4, files.count(), "temporary files are left");
        }

        assertEquals(2, Run.of("embed", "--model", Run.MODEL, "--text", "x", "-o", folder.toString()).exitCode());
        assertEquals(2, Run.of("embed", "--model", Run.MODEL, "--text", "x", "-o", folder.resolve("none/out").toString()).exitCode());
    }

    @Test
    void aClosedPipeIsNoErrorAndAFullDiskIs() {
        for (String reason : List.of("Broken pipe", "No space left on device")) {
            OutputStream failing = new OutputStream() {
                @Override public void write(int b) throws IOException {
                    throw new IOException(reason);
                }
            };
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int exitCode = Main.run(new String[] {"embed", "--model", Run.MODEL, "--text", "a"},
                Run.console("", failing, err, StandardCharsets.UTF_8, false, 80));
            boolean closed = reason.equals("Broken pipe");
            assertEquals(closed ? 0 : 1, exitCode);
            assertEquals(closed ? "" : "autoglm: standard output cannot be written: No space left on device\n", err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void progressIsShownToAPersonOnly() throws IOException {
        Path target = folder.resolve("out.jsonl");
        Path texts = Files.writeString(folder.resolve("texts.txt"), "a text\n".repeat(300));
        String[] arguments = {"embed", "--model", Run.MODEL, "--texts-file", texts.toString(), "-o", target.toString()};
        Run watched = Run.with("", StandardCharsets.UTF_8, true, 80, arguments);
        assertEquals(0, watched.exitCode(), watched.err());
        assertTrue(watched.err().contains("300/300") && watched.err().contains("/s"), watched.err());
        assertEquals("", Run.of(arguments).err());
        Run onScreen = Run.with("", StandardCharsets.UTF_8, true, 80, "embed", "--model", Run.MODEL, "--texts-file", texts.toString());
        assertFalse(onScreen.err().contains("300"), "a bar among the results on one screen");
    }

    @Test
    void manyPicturesKeepTheirOrderAcrossBatches() throws IOException {
        List<String> arguments = new java.util.ArrayList<>(List.of("embed", "--model", Run.MODEL, "--image"));
        for (int i = 0; i < 70; i++) {
            arguments.add(i % 30 == 29 ? "/nowhere/" + i : i % 2 == 0 ? Run.PICTURE : Run.GRAY);
        }
        Run run = Run.of(arguments.toArray(String[]::new));
        assertEquals(1, run.exitCode());
        List<JsonObject> lines = run.jsonLines();
        assertEquals(arguments.subList(4, 74), lines.stream().map(line -> line.get("input").getAsString()).toList());
        for (int i = 0; i < 70; i++) {
            if (i % 30 == 29) {
                assertTrue(lines.get(i).has("error"));
            } else {
                assertArrayEquals(embedding(lines.get(i % 2)), embedding(lines.get(i)), "line " + i);
            }
        }
    }
}
