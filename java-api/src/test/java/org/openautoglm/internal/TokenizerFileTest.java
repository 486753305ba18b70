package org.openautoglm.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openautoglm.ChildJvm;
import org.openautoglm.ModelException;

/** No tokenizer.json ends the process; sound ones of every kind go through. */
class TokenizerFileTest {
    private static final Path SOUND = Path.of(System.getProperty("openautoglm.testdata"), "models/tiny-clip/tokenizer.json");
    private static final TextSpecification SPECIFICATION = new TextSpecification(77, 0, 0, false);

    @Test
    @Tag("once")
    @Timeout(600)
    void noFileEndsTheProcess(@TempDir Path folder) throws Exception {
        ChildJvm.Result result = ChildJvm.run(Trying.class, Map.of(), List.of("-Xmx256m", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + folder.resolve("crash.log")),
            folder.resolve("tokenizer.json").toString());
        assertEquals(0, result.exitCode(), () -> result.output().substring(Math.max(0, result.output().length() - 3000)));
        assertTrue(result.output().contains("survived"));
    }

    /** The child: loads each, and tokenizes what makes the library walk everywhere. */
    static final class Trying {
        private static final List<String> TEXTS = List.of("", "a photo of a cat", "é🎉 zz 123 中\n x", "<|endoftext|> hi", " hi ", "ab é ".repeat(300), "\0\1 '", "a".repeat(3000) + "!",
            " ".repeat(3000) + "x");

        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[0]);
            Map<String, String> broken = BrokenTokenizers.of(JsonParser.parseString(Files.readString(SOUND)).getAsJsonObject());
            int loaded = 0;
            int refused = 0;
            for (Map.Entry<String, String> entry : broken.entrySet()) {
                System.out.println(entry.getKey()); // the last one is the culprit
                Files.writeString(file, entry.getValue());
                for (int maxTokens : new int[] {77, 2}) {
                    try (TextTokenizer tokenizer = TextTokenizer.load(file, new TextSpecification(maxTokens, 0, 0, false))) {
                        loaded++;
                        for (String text : TEXTS) {
                            tokenizer.encode(text);
                        }
                    } catch (ModelException expected) {
                        refused++;
                        if (!expected.getMessage().startsWith(file + ": ") || expected.getMessage().endsWith(": null")) {
                            throw new AssertionError(expected);
                        }
                    }
                }
            }
            if (broken.size() < 2000 || loaded < 500 || refused < 3000) {
                throw new AssertionError(broken.size() + " files, loaded " + loaded + " times, refused " + refused + " times");
            }
            System.out.println("survived");
        }
    }

    private static TextTokenizer load(Path folder, String key, String value) throws IOException {
        JsonObject json = JsonParser.parseString(Files.readString(SOUND)).getAsJsonObject();
        json.add(key, JsonParser.parseString(value));
        return TextTokenizer.load(Files.writeString(folder.resolve("tokenizer.json"), json.toString()), SPECIFICATION);
    }

    private static void assertRefused(Path folder, String key, String value, String... parts) {
        String message = assertThrows(ModelException.class, () -> load(folder, key, value).close()).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void whatIsWrongIsNamedWithItsPlace(@TempDir Path folder) {
        assertRefused(folder, "normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Prepend\",\"prepend\":\"\"}]}",
            "normalizer.normalizers[1].prepend", "must not be empty");
        assertRefused(folder, "normalizer", "{\"type\":\"Magic\"}", "normalizer.type is \"Magic\"", "this version knows", "Lowercase", "Replace");
        assertRefused(folder, "normalizer", "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"x*\"},\"content\":\"\"}", "normalizer.pattern.Regex", "no characters");
        assertRefused(folder, "pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+b\"},\"behavior\":\"Removed\",\"invert\":true}",
            "pre_tokenizer.pattern.Regex", "not supported", "repeated");
        assertRefused(folder, "post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"X\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}",
            "post_processor.single[0].SpecialToken.id", "does not define");
        assertRefused(folder, "model", "{\"type\":\"BPE\",\"continuing_subword_prefix\":\"##\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[\"a b\"]}",
            "model.merges[0]", "continuing_subword_prefix");
        assertRefused(folder, "model", "{\"type\":\"Mamba\"}", "model.type", "Unigram");
        assertRefused(folder, "normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", "normalizer.precompiled_charsmap", "damaged");
    }

    /** As openai's own file, which is older than the kind of a model. */
    @Test
    void aModelWithoutItsKindIsRecognised(@TempDir Path folder) throws IOException {
        JsonObject json = JsonParser.parseString(Files.readString(SOUND)).getAsJsonObject();
        json.getAsJsonObject("model").remove("type");
        try (TextTokenizer expected = TextTokenizer.load(SOUND, SPECIFICATION);
             TextTokenizer old = TextTokenizer.load(Files.writeString(folder.resolve("tokenizer.json"), json.toString()), SPECIFICATION)) {
            assertArrayEquals(expected.encode("a photo of a cat, 12 dogs"), old.encode("a photo of a cat, 12 dogs"));
        }
    }

    /** The check knows what a sound table is: the library maps with it what it should. */
    @Test
    void aSoundCharsmapIsUsed(@TempDir Path folder) throws IOException {
        String charsmap = BrokenTokenizers.charsmap(Map.of("é", 0, "q", 2, "qu", 4), "e\0k\0kw\0");
        try (TextTokenizer plain = TextTokenizer.load(SOUND, SPECIFICATION);
             TextTokenizer mapping = load(folder, "normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"" + charsmap + "\"}]}")) {
            assertArrayEquals(plain.encode("cafe k"), mapping.encode("café q"));
            assertFalse(java.util.Arrays.equals(plain.encode("cafe k"), plain.encode("café q")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\s+", " {2,}", "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]", "\\n", "[0-9][0-9][0-9]", "(a|b)c?", "\\u4e00[一-龥]+"})
    void expressionsOfKnownTokenizersGoThrough(String expression) {
        TokenizerPattern pattern = TokenizerPattern.of(expression);
        assertNull(pattern.refusal(), expression);
        assertTrue(pattern.consumes(), expression);
    }

    @ParameterizedTest
    @ValueSource(strings = {"(a+)+", "(?:ab)*", "a*b*c", "a+(b+)c+", "(?<=a+)b", "a**", "a{2}{3}", "(", ")", "[a", "[]", "\\", "\\1", "\\K", "(?>a)", "(?<x>a)", "(?~a)", "*", "a{1,2000}", "\\p{L",
        "a?a?a?a?a?a?a?b", "[\\b]"})
    void expressionsThatCouldGoOnForeverAreRefused(String expression) {
        assertNotNull(TokenizerPattern.of(expression).refusal(), expression);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a|", "x*", "(?=a)", "^", "a?", "\\b", "(a|)", "a{0,3}", "$|a"})
    void whatCanMatchNothingIsSeen(String expression) {
        assertNull(TokenizerPattern.of(expression).refusal(), expression);
        assertFalse(TokenizerPattern.of(expression).consumes(), expression);
        assertEquals(true, TokenizerPattern.of(expression + "b").refusal() != null || TokenizerPattern.of("(?:" + expression + ")b").consumes());
    }
}
