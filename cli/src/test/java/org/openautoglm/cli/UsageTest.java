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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a user may do wrong, and the help. */
class UsageTest {
    private static Arguments mistake(int exitCode, String said, String... arguments) {
        return Arguments.of(exitCode, said, List.of(arguments));
    }

    static Stream<Arguments> mistakes() {
        String m = Run.MODEL;
        String p = Run.PICTURE;
        return Stream.of(
            mistake(2, "match, embed, index, search, check, bench or doctor"),
            mistake(2, "guess", "guess"),
            mistake(2, "--model", "match", "--image", p, "--text", "a", "--model"),
            mistake(2, "--image", "match", "--model", m, "--text", "a"),
            mistake(2, "--text", "match", "--model", m, "--image", p),
            mistake(2, "--image", "match", "--model", m, "--imagee", p, "--text", "a"),
            mistake(2, "--bogus", "match", "--model", m, "--image", p, "--bogus"),
            mistake(2, "stray", "doctor", "stray"),
            mistake(2, "--image", "match", "--model", m, "--image", "--text", "a"),
            mistake(2, "'gpu' is none of auto, host, cuda, tensorrt", "match", "--model", m, "--image", p, "--text", "a", "--device", "gpu"),
            mistake(2, "'fp8' is none of", "embed", "--model", m, "--text", "a", "--precision", "fp8"),
            mistake(2, "--threads", "embed", "--model", m, "--text", "a", "--threads", "many"),
            mistake(2, "--threads is 0", "embed", "--model", m, "--text", "a", "--threads", "0"),
            mistake(2, "--top is 0", "match", "--model", m, "--image", p, "--text", "a", "--top", "0"),
            mistake(2, "downloaded", "match", "--model", "openai/clip-vit-base-patch32", "--image", p, "--text", "a"),
            mistake(2, "config.json", "embed", "--model", Run.MODELS.toString(), "--text", "a"),
            mistake(2, "model_type is \"clippy\"", "embed", "--model", Run.MODELS.resolveSibling("models-bad/unknown-model-type").toString(), "--text", "a"),
            mistake(2, "no such file", "match", "--model", m, "--image", "/nowhere.jpg", "--text", "a"),
            mistake(2, "folder", "match", "--model", m, "--image", Run.MODELS.toString(), "--text", "a"),
            mistake(2, "no such", "embed", "--model", m, "--texts-file", "/nowhere.txt"),
            mistake(2, "no such folder", "embed", "--model", m, "--images-from", "/nowhere"),
            mistake(2, "no .jpg, .png or .webp", "embed", "--model", m, "--images-from", m),
            mistake(2, "nothing to embed", "embed", "--model", m),
            mistake(2, "locale", "embed", "--model", m, "--text", "\uFFFD\uFFFD"),
            mistake(2, "surrogate", "embed", "--model", m, "--text", "half \uD83C"),
            mistake(2, "fp16", "embed", "--model", m, "--text", "a", "--precision", "FP16"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsOneLine(int exitCode, String said, List<String> arguments) {
        Run run = Run.of(arguments.toArray(String[]::new));
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("autoglm: "), run.err());
        assertTrue(run.err().contains(said), run.err());
        assertEquals(exitCode, run.exitCode());
    }

    /** On a machine without the device. */
    @Test
    void devicesThatAreNotThereAreRefusedWithTheReason() {
        for (org.openautoglm.Device device : List.of(org.openautoglm.Device.CUDA, org.openautoglm.Device.TENSORRT)) {
            String name = device.name().toLowerCase(java.util.Locale.ROOT);
            Run run = Run.of("embed", "--model", Run.MODEL, "--text", "a", "--device", name);
            if (device.isAvailable()) {
                assertEquals(0, run.exitCode(), run.err());
            } else {
                assertEquals(1, run.exitCode());
                assertTrue(run.err().startsWith("autoglm: ") && run.err().contains(device.unavailabilityCause().getMessage()), run.err());
            }
        }
    }

    @Test
    void theTraceComesOnDemand() {
        String[] arguments = {"match", "--model", Run.MODEL, "--image", "/nowhere.jpg", "--text", "a", "--verbose"};
        Run run = Run.of(arguments);
        assertTrue(run.err().startsWith("autoglm: /nowhere.jpg") && run.err().contains("\tat "), run.err());
        Run global = Run.of("--verbose", "embed", "--model", "/nowhere", "--text", "a");
        assertTrue(global.err().contains("\tat "), global.err());
    }

    @Test
    void textsFilesMustBeUtf8(@TempDir Path folder) throws IOException {
        Path latin = Files.write(folder.resolve("latin.txt"), "Stra\u00dfe\n".getBytes(StandardCharsets.ISO_8859_1));
        Run run = Run.of("embed", "--model", Run.MODEL, "--texts-file", latin.toString());
        assertEquals(2, run.exitCode());
        assertTrue(run.err().contains(latin.toString()) && run.err().contains("UTF-8"), run.err());
        Path empty = Files.writeString(folder.resolve("empty.txt"), "\n\n");
        assertTrue(Run.of("match", "--model", Run.MODEL, "--image", Run.PICTURE, "--texts-file", empty.toString()).err().contains("has no text"));
    }

    @Test
    void helpNamesEveryOption() {
        Run help = Run.of("--help");
        assertEquals(0, help.exitCode());
        for (String word : List.of("match", "embed", "check", "bench", "doctor", "--version", "--verbose", "Exit codes")) {
            assertTrue(help.out().contains(word), help.out());
        }
        String match = Run.of("match", "--help").out();
        for (String option : List.of("--model", "--image", "--text", "--texts-file", "--top", "--json", "--device", "--precision", "--allow-inaccurate", "--threads", "--fail-fast")) {
            assertTrue(match.contains(option), match);
        }
        String embed = Run.of("embed", "--help").out();
        for (String option : List.of("--images-from", "--raw", "-o", "--texts-file", "--json", "--device")) {
            assertTrue(embed.contains(option), embed);
        }
        match.lines().forEach(line -> assertTrue(line.length() <= 80, line));
    }

    @Test
    void theVersionIsTheLibrarys() {
        Run run = Run.of("--version");
        assertEquals(0, run.exitCode());
        assertTrue(run.out().startsWith("autoglm " + org.openautoglm.OpenAutoGlm.version() + "\n"), run.out());
    }

    @Test
    void theDoctorTellsWhatIsThere() {
        Run json = Run.of("doctor", "--json");
        assertEquals(0, json.exitCode(), json.err());
        JsonObject report = json.json();
        for (String part : List.of("version", "platform", "memory", "instruction_sets", "devices", "libraries", "java")) {
            assertTrue(report.has(part), part + " is missing: " + report);
        }
        report.getAsJsonArray("devices").forEach(device -> assertTrue(device.getAsJsonObject().get("usable").getAsBoolean()
            || !device.getAsJsonObject().get("reason").getAsString().isEmpty(), device.toString()));
        Run text = Run.of("doctor");
        assertEquals(0, text.exitCode());
        for (String word : List.of("cpu features", "chosen", "instruction sets", "devices", "GiB", System.getProperty("java.version"))) {
            assertTrue(text.out().contains(word), text.out());
        }
        assertFalse(text.out().contains("{"), text.out());
    }
}
