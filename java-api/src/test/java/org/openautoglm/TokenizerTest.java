package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.internal.TextSpecification;
import org.openautoglm.internal.TextTokenizer;

/** Texts to ids: equal to the Python tokenizers library, under the model's text specification. */
class TokenizerTest {
    private static final Path FILE = TestData.TINY_CLIP.resolve("tokenizer.json");

    @Test
    void equalsPython() {
        JsonObject golden = TestData.json(TestData.ROOT.resolve("tokenizers/clip.json"));
        JsonArray cases = golden.getAsJsonArray("cases");
        assertTrue(cases.size() >= 500, cases.size() + " cases");
        TextSpecification specification = new TextSpecification(golden.get("max_length").getAsInt(), 0, 0, false);
        try (TextTokenizer tokenizer = TextTokenizer.load(TestData.ROOT.resolve(golden.get("tokenizer").getAsString()), specification)) {
            for (JsonElement element : cases) {
                String text = element.getAsJsonObject().get("text").getAsString();
                assertArrayEquals(TestData.ints(element.getAsJsonObject().get("ids")), tokenizer.encode(text), () -> "\"" + text + "\"");
            }
        }
    }

    @Test
    void longTextsAreCutButKeepTheirEnd() {
        try (TextTokenizer tokenizer = TextTokenizer.load(FILE, new TextSpecification(16, 0, 0, false))) {
            int[] shortIds = tokenizer.encode("a");
            int[] ids = tokenizer.encode("a photo of ".repeat(100));
            assertEquals(16, ids.length);
            assertEquals(shortIds[0], ids[0]);
            assertEquals(shortIds[shortIds.length - 1], ids[15]);
        }
    }

    /** The library's own limit is 512, whatever one asks for, unless it is told otherwise. */
    @Test
    void limitsBeyondTheLibrarysOwnHold() {
        try (TextTokenizer tokenizer = TextTokenizer.load(FILE, new TextSpecification(2000, 0, 0, false))) {
            assertEquals(2000, tokenizer.encode("a photo of ".repeat(3000)).length);
        }
    }

    @Test
    void padsAsTheSpecificationSays() {
        try (TextTokenizer plain = TextTokenizer.load(FILE, new TextSpecification(16, 0, 7, false));
             TextTokenizer padding = TextTokenizer.load(FILE, new TextSpecification(16, 16, 7, false))) {
            int[] ids = plain.encode("a photo");
            int[] padded = padding.encode("a photo");
            assertEquals(16, padded.length);
            assertArrayEquals(ids, Arrays.copyOf(padded, ids.length));
            for (int i = ids.length; i < 16; i++) {
                assertEquals(7, padded[i]);
            }
        }
    }

    /** What tokenizer.json says about length and padding is for other users; the specification decides. */
    @Test
    void theFilesOwnLimitsDoNotCount(@TempDir Path folder) throws IOException {
        JsonObject json = TestData.json(FILE);
        json.add("truncation", com.google.gson.JsonParser.parseString(
            "{\"direction\": \"Right\", \"max_length\": 5, \"strategy\": \"LongestFirst\", \"stride\": 0}"));
        json.add("padding", com.google.gson.JsonParser.parseString("{\"strategy\": {\"Fixed\": 32}, \"direction\": \"Right\", "
            + "\"pad_to_multiple_of\": null, \"pad_id\": 0, \"pad_type_id\": 0, \"pad_token\": \"!\"}"));
        Path file = Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        TextSpecification specification = new TextSpecification(77, 0, 0, false);
        try (TextTokenizer limited = TextTokenizer.load(file, specification); TextTokenizer plain = TextTokenizer.load(FILE, specification)) {
            String text = "a photo of a cat and a dog in the snow";
            assertTrue(plain.encode(text).length > 5);
            assertArrayEquals(plain.encode(text), limited.encode(text));
        }
    }

    /** With a tokenizer.json that knows no lower case of its own. */
    @Test
    void lowerCasesAsTheSpecificationSays(@TempDir Path folder) throws IOException {
        JsonObject json = TestData.json(FILE);
        json.add("normalizer", com.google.gson.JsonNull.INSTANCE);
        Path file = Files.writeString(folder.resolve("tokenizer.json"), json.toString());
        try (TextTokenizer keeping = TextTokenizer.load(file, new TextSpecification(77, 0, 0, false));
             TextTokenizer lowering = TextTokenizer.load(file, new TextSpecification(77, 0, 0, true))) {
            assertArrayEquals(keeping.encode("zürich ǆ photo"), lowering.encode("ZÜRICH Ǆ PHOTO"));
            assertTrue(!Arrays.equals(keeping.encode("zürich photo"), keeping.encode("ZÜRICH PHOTO")));
        }
    }

    @Test
    void aMillionCharactersTakeSeconds() {
        try (TextTokenizer tokenizer = TextTokenizer.load(FILE, new TextSpecification(77, 0, 0, false))) {
            assertTimeout(Duration.ofSeconds(60), () -> {
                assertEquals(77, tokenizer.encode("photo of ".repeat(120_000)).length);
                assertEquals(77, tokenizer.encode("ab".repeat(500_000)).length);
            });
        }
    }

    @Test
    void halfCharactersAreRefusedWithTheirPlace() {
        assertEquals(-1, TextTokenizer.loneSurrogate("a 🎉 b"));
        assertEquals(2, TextTokenizer.loneSurrogate("a \uD83C b"));
        assertEquals(2, TextTokenizer.loneSurrogate("a \uDF89"));
        assertEquals(3, TextTokenizer.loneSurrogate("abc\uD83C"));
        assertEquals(0, TextTokenizer.loneSurrogate("\uD83C\uD83C\uDF89"));
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            String message = assertThrows(IllegalArgumentException.class, () -> model.encodeTexts("fine", "ab\uDF89")).getMessage();
            assertTrue(message.contains("texts[1]") && message.contains("char 2") && message.contains("U+DF89"), message);
        }
    }

    @Test
    void aBrokenFileIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": 3}");
        TextSpecification specification = new TextSpecification(77, 0, 0, false);
        assertTrue(assertThrows(ModelException.class, () -> TextTokenizer.load(file, specification)).getMessage().contains(file.toString()));
        // Wherever it is cut off: the tokenizer library ends the process at some of these, so it must not get them.
        byte[] whole = Files.readAllBytes(TestData.TINY_CLIP.resolve("tokenizer.json"));
        for (int length = 0; length < whole.length; length += 1 + whole.length / 200) {
            Files.write(file, Arrays.copyOf(whole, length));
            String message = assertThrows(ModelException.class, () -> TextTokenizer.load(file, specification), "cut to " + length).getMessage();
            assertTrue(message.contains(file.toString()), message);
        }
        Path missing = folder.resolve("nowhere.json");
        assertTrue(assertThrows(ModelException.class, () -> TextTokenizer.load(missing, specification)).getMessage().contains(missing.toString()));
    }
}
