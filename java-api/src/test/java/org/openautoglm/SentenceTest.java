package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that encode texts alone: what they tell of themselves, prompts, pooling, vocab.txt, and what they refuse. */
class SentenceTest {
    private static final Path PLAIN = TestData.MODELS.resolve("plain-bert");
    private static final Path PROMPTED = TestData.MODELS.resolve("sentence-xlm-roberta");
    private static final Path DENSE = TestData.MODELS.resolve("sentence-bert-dense");

    @Test
    void aModelTellsWhatItIs() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(DENSE)) {
            ModelInfo info = model.info();
            assertEquals("bert", info.family());
            assertEquals("mean of the tokens, dense to 16, length 1", info.embedding());
            assertEquals(16, info.embeddingSize());
            assertEquals(20, info.maxTextTokens());
            assertFalse(info.hasImageTower());
            assertTrue(info.hasTextTower());
            assertTrue(model.prompts().isEmpty());
        }
    }

    @Test
    void oneTowerScoresNothing() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(PLAIN)) {
            Features texts = model.encodeTexts("a", "b");
            UnsupportedException refusal = assertThrows(UnsupportedException.class, () -> model.forward(texts, texts));
            assertTrue(refusal.getMessage().contains("no image tower") && refusal.getMessage().contains("Similarity.of"), refusal.getMessage());
            refusal = assertThrows(UnsupportedException.class, () -> model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))));
            assertTrue(refusal.getMessage().contains("no image tower"), refusal.getMessage());
        }
    }

    @Test
    void aPromptIsPutBeforeEveryText() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(PROMPTED)) {
            assertEquals(Map.of("query", "query: ", "passage", "passage: "), model.prompts());
            float[] asked = model.encodeTexts(List.of("dogs"), "passage").vector(0);
            assertArrayEquals(asked, model.encodeTexts("dogs").vector(0)); // the default one
            assertNotEquals(asked[0], model.encodeTexts(List.of("dogs"), "query").vector(0)[0]);
            IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, () -> model.encodeTexts(List.of("dogs"), "question"));
            assertTrue(refusal.getMessage().contains("\"question\"") && refusal.getMessage().contains("query"), refusal.getMessage());
        }
    }

    @Test
    void aFolderThatDoesNotSayPoolsAsIsAsked() {
        Set<Float> firsts = new HashSet<>();
        Set<String> hashes = new HashSet<>();
        for (Pooling pooling : Pooling.values()) {
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(PLAIN, LoadOptions.builder().pooling(pooling).build())) {
                firsts.add(model.encodeTexts("two dogs play").vector(0)[0]);
                hashes.add(model.info().hash());
                assertEquals(pooling == Pooling.MEAN || pooling == Pooling.DEFAULT, model.info().embedding().equals("mean of the tokens"));
            }
        }
        assertEquals(Pooling.values().length - 1, firsts.size()); // the default is the mean
        assertEquals(Pooling.values().length, hashes.size());
        for (Path folder : List.of(DENSE, TestData.TINY_CLIP)) {
            LoadOptions options = LoadOptions.builder().pooling(Pooling.FIRST).build();
            Exception refusal = assertThrows(RuntimeException.class, () -> OpenAutoGlm.fromPretrained(folder, options));
            assertTrue(refusal.getMessage().contains("leave the option out"), refusal.getMessage());
        }
    }

    @Test
    void aVocabularyAloneGivesTheIdsOfPython(@TempDir Path folder) throws IOException {
        JsonObject golden = TestData.json(TestData.ROOT.resolve("tokenizers/wordpiece.json"));
        JsonArray strings = TestData.json(TestData.ROOT.resolve("tokenizers").resolve(golden.get("texts_of").getAsString())).getAsJsonArray("cases");
        int[] texts = TestData.ints(golden.getAsJsonArray("texts"));
        try (Stream<Path> files = Files.list(TestData.ROOT.resolve(golden.get("model").getAsString()))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        for (JsonElement element : golden.getAsJsonArray("cases")) {
            JsonObject settings = element.getAsJsonObject().getAsJsonObject("settings");
            settings.addProperty("model_max_length", golden.get("max_length").getAsInt());
            Files.writeString(folder.resolve("tokenizer_config.json"), settings.toString());
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
                for (int i = 0; i < texts.length; i++) {
                    String text = strings.get(texts[i]).getAsJsonObject().get("text").getAsString();
                    assertArrayEquals(TestData.ints(element.getAsJsonObject().getAsJsonArray("ids").get(i)), model.tokenize(text),
                        () -> settings + " \"" + text + "\"");
                }
            }
        }
    }

    @Test
    void aVocabularyThatDoesNotFitIsRefused(@TempDir Path folder) throws IOException {
        try (Stream<Path> files = Files.list(PLAIN)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        String vocabulary = Files.readString(folder.resolve("vocab.txt"));
        assertRefused(folder, vocabulary + "onemore\n", "more than the", "another model's vocabulary");
        assertRefused(folder, vocabulary.replace("[SEP]\n", "[sep]\n"), "lacks the sep_token [SEP]");
        assertRefused(folder, "", "lacks the unk_token [UNK]");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}");
        assertRefused(folder, vocabulary, "tokenizer_class is \"BertJapaneseTokenizer\"", "writes a tokenizer.json");
    }

    private static void assertRefused(Path folder, String vocabulary, String... parts) throws IOException {
        Files.writeString(folder.resolve("vocab.txt"), vocabulary);
        ModelException refusal = assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder));
        for (String part : parts) {
            assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
    }
}
