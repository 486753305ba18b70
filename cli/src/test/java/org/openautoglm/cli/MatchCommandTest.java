package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.ImageInput;
import org.openautoglm.Logits;
import org.openautoglm.OpenAutoGlm;

class MatchCommandTest {
    @TempDir Path folder;

    private static Logits expected(List<String> pictures, String... texts) {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(Run.MODEL)) {
            return model.forward(model.encodeImages(pictures.stream().map(Path::of).map(ImageInput::of).toList()), model.encodeTexts(texts));
        }
    }

    @Test
    void jsonHasTheWholeMatrix() {
        Run run = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, Run.GRAY, "--text", "a cat", "@home", "日本語", "--json", "--top", "1");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals("", run.err());
        assertEquals(1, run.out().lines().count());
        JsonObject json = run.json();
        assertEquals(List.of("model", "backend", "images", "texts", "logits", "probabilities"), List.copyOf(json.keySet()));
        assertEquals(Run.MODEL, json.get("model").getAsString());
        assertTrue(json.get("backend").getAsString().startsWith("host "), json.get("backend").getAsString());
        assertEquals(Run.GRAY, json.getAsJsonArray("images").get(1).getAsString());
        assertEquals("日本語", json.getAsJsonArray("texts").get(2).getAsString());
        Logits logits = expected(List.of(Run.PICTURE, Run.GRAY), "a cat", "@home", "日本語");
        for (int image = 0; image < 2; image++) {
            for (int text = 0; text < 3; text++) {
                assertEquals(logits.get(image, text), json.getAsJsonArray("logits").get(image).getAsJsonArray().get(text).getAsFloat());
                assertEquals(logits.probability(image, text), json.getAsJsonArray("probabilities").get(image).getAsJsonArray().get(text).getAsFloat());
            }
        }
    }

    @Test
    void theTableIsSortedBestFirst() {
        String[] texts = {"a cat", "a dog in the snow", "stripes", "a red circle"};
        Run run = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", texts[0], texts[1], "--text", texts[2], texts[3]);
        assertEquals(0, run.exitCode(), run.err());
        List<String> lines = run.out().lines().toList();
        assertEquals(5, lines.size());
        assertEquals(Run.PICTURE, lines.get(0));
        Logits logits = expected(List.of(Run.PICTURE), texts);
        assertTrue(lines.get(1).endsWith("  " + texts[logits.bestText(0)]), run.out());
        double last = 100;
        for (String line : lines.subList(1, 5)) {
            double percent = Double.parseDouble(line.substring(0, line.indexOf('%')).strip());
            assertTrue(percent <= last, run.out());
            last = percent;
        }
        Run top = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", texts[0], texts[1], texts[2], "--top", "2");
        assertEquals(3, top.out().lines().count());
    }

    @Test
    void theTableFitsTheTerminal() {
        String text = "猫が ".repeat(60);
        for (int width : new int[] {30, 55, 80, 200}) {
            Run run = Run.with("", StandardCharsets.UTF_8, true, width, "match", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", text, "b\u001b[31m\nc");
            assertEquals(0, run.exitCode(), run.err());
            run.out().lines().forEach(line -> assertTrue(TextWidth.columns(line) <= width, TextWidth.columns(line) + " columns: " + line));
            assertFalse(run.out().contains("\u001b"), "a text reached the terminal as a command");
            assertEquals(3, run.out().lines().count());
        }
        Run whole = Run.with("", StandardCharsets.UTF_8, false, 40, "match", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", text);
        assertTrue(whole.out().contains(text.strip()), "cut though no terminal is there");
    }

    @Test
    void barsAreAsciiWhereTheLocaleIs() {
        String[] arguments = {"match", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", "a", "b"};
        Run ascii = Run.with("", StandardCharsets.US_ASCII, false, 80, arguments);
        assertTrue(ascii.out().contains("#") && ascii.out().chars().allMatch(c -> c < 128 && c != '?'), ascii.out());
        assertTrue(Run.with("", StandardCharsets.UTF_8, false, 80, arguments).out().contains("█"));
    }

    @Test
    void oneBadPictureAmongManyIsReportedAndTheRestIsDone() throws IOException {
        Path broken = Files.write(folder.resolve("broken.jpg"), new byte[] {1, 2, 3});
        Run run = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, broken.toString(), Run.GRAY, "--text", "a", "b", "--json");
        assertEquals(1, run.exitCode());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("autoglm: " + broken), run.err());
        JsonObject json = run.json();
        JsonObject entry = json.getAsJsonArray("images").get(1).getAsJsonObject();
        assertEquals(broken.toString(), entry.get("input").getAsString());
        assertTrue(entry.get("error").getAsString().contains("neither JPEG"), entry.toString());
        assertTrue(json.getAsJsonArray("logits").get(1).isJsonNull() && json.getAsJsonArray("probabilities").get(1).isJsonNull());
        Logits alone = expected(List.of(Run.GRAY), "a", "b");
        assertEquals(alone.get(0, 1), json.getAsJsonArray("logits").get(2).getAsJsonArray().get(1).getAsFloat());

        Run table = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, broken.toString(), Run.GRAY, "--text", "a", "b");
        assertEquals(1, table.exitCode());
        assertTrue(table.out().contains(Run.PICTURE) && table.out().contains(Run.GRAY) && !table.out().contains(broken.toString()), table.out());

        Run failFast = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, broken.toString(), Run.GRAY, "--text", "a", "--fail-fast");
        assertEquals(2, failFast.exitCode());
        assertEquals("", failFast.out());
        assertEquals(1, failFast.err().lines().count(), failFast.err());

        Run allBad = Run.of("match", "--model", Run.MODEL, "--image", broken.toString(), "--text", "a", "--json");
        assertEquals(2, allBad.exitCode());
        assertTrue(allBad.json().getAsJsonArray("logits").get(0).isJsonNull(), allBad.out());
    }

    @Test
    void textsComeFromFilesAndStandardInput() throws IOException {
        Path texts = Files.writeString(folder.resolve("texts.txt"), "\uFEFFfirst line\r\n\n  \nStraße 🎉\nlast without end");
        Run run = Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, "--text", "zero", "--texts-file", texts.toString(), "--json");
        assertEquals("[\"zero\",\"first line\",\"Straße 🎉\",\"last without end\"]", run.json().getAsJsonArray("texts").toString());
        Run standard = Run.with("one\ntwo\n", StandardCharsets.UTF_8, false, 80, "match", "--model", Run.MODEL, "--image", Run.PICTURE, "--texts-file", "-",
            "--json");
        assertEquals("[\"one\",\"two\"]", standard.json().getAsJsonArray("texts").toString());
    }

    /** The picture and the texts of README.md, without a model at hand. */
    @Test
    void withoutAModelTheEmbeddedOneAnswers() {
        Path picture = Run.MODELS.resolve("../../examples/pictures/large-red-circle-above-small-blue-square.png");
        String right = "a large red circle above a small blue square";
        Run run = Run.of("match", "--image", picture.toString(), "--text", "a small blue square above a large red circle", right,
            "a large red square above a small blue circle", "--json");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals("open-autoglm-demo", run.json().get("model").getAsString());
        assertTrue(run.json().getAsJsonArray("probabilities").get(0).getAsJsonArray().get(1).getAsFloat() > 0.9f, run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains("open-autoglm-demo"), "nobody is told which model answers: " + run.err());
        Run named = Run.of("match", "--model", "open-autoglm-demo", "--image", picture.toString(), "--text", right);
        assertEquals("", named.err());
        assertEquals(0, Run.of("embed", "--text", right).exitCode());
    }
}
