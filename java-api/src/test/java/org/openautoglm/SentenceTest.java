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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.internal.TextSpecification;
import org.openautoglm.internal.TextTokenizer;

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
        assertVocabularyRefused(folder, vocabulary + "onemore\n", "more than the", "another model's vocabulary");
        assertVocabularyRefused(folder, vocabulary.replace("[SEP]\n", "[sep]\n"), "lacks the sep_token [SEP]");
        assertVocabularyRefused(folder, "", "lacks the unk_token [UNK]");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}");
        assertVocabularyRefused(folder, vocabulary, "tokenizer_class is \"BertJapaneseTokenizer\"", "writes a tokenizer.json");
    }

    /** vocab.json and merges.txt of a golden model, which has them in its tokenizer.json. */
    private static void takeApart(Path model, Path folder, JsonObject files) throws IOException {
        try (Stream<Path> all = Files.list(model)) {
            for (Path file : all.filter(file -> !file.getFileName().toString().matches("(tokenizer|special_tokens|golden).*")).toList()) {
                if (Files.isDirectory(file)) {
                    Files.createDirectories(folder.resolve(file.getFileName()));
                    Files.copy(file.resolve("config.json"), folder.resolve(file.getFileName()).resolve("config.json"));
                } else {
                    Files.copy(file, folder.resolve(file.getFileName()));
                }
            }
        }
        JsonObject bpe = TestData.json(model.resolve("tokenizer.json")).getAsJsonObject("model");
        Files.writeString(folder.resolve("vocab.json"), bpe.get("vocab").toString());
        StringBuilder merges = new StringBuilder("#version: 0.2\n");
        for (JsonElement merge : bpe.getAsJsonArray("merges")) {
            merges.append(merge.isJsonArray() ? merge.getAsJsonArray().get(0).getAsString() + " " + merge.getAsJsonArray().get(1).getAsString() : merge.getAsString()).append('\n');
        }
        Files.writeString(folder.resolve("merges.txt"), merges);
        for (String name : files.keySet()) {
            Files.writeString(folder.resolve(name), files.get(name).toString());
        }
    }

    @Test
    void vocabularyAndMergesGiveTheIdsOfPython(@TempDir Path folders) throws IOException {
        JsonObject golden = TestData.json(TestData.ROOT.resolve("tokenizers/byte-pairs.json"));
        JsonArray strings = TestData.json(TestData.ROOT.resolve("tokenizers").resolve(golden.get("texts_of").getAsString())).getAsJsonArray("cases");
        List<String> texts = new ArrayList<>();
        golden.getAsJsonArray("texts").forEach(number -> texts.add(strings.get(number.getAsInt()).getAsJsonObject().get("text").getAsString()));
        golden.getAsJsonArray("more_texts").forEach(text -> texts.add(text.getAsString()));
        Set<String> hashes = new HashSet<>();
        JsonArray cases = golden.getAsJsonArray("cases");
        for (int c = 0; c < cases.size(); c++) {
            JsonObject one = cases.get(c).getAsJsonObject();
            Path folder = Files.createDirectory(folders.resolve("case-" + c));
            takeApart(TestData.MODELS.resolve(one.get("model").getAsString()), folder, one.getAsJsonObject("files"));
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
                hashes.add(model.info().hash());
                for (int i = 0; i < texts.size(); i++) {
                    String text = texts.get(i);
                    assertArrayEquals(TestData.ints(one.getAsJsonArray("ids").get(i)), model.tokenize(text), () -> one.get("files") + " \"" + text + "\"");
                }
            }
        }
        assertEquals(cases.size(), hashes.size());
    }

    @Test
    void vocabularyAndMergesThatAreNotSoundAreRefused(@TempDir Path folders) throws IOException {
        Path folder = Files.createDirectory(folders.resolve("clip"));
        takeApart(TestData.TINY_CLIP, folder, new JsonObject());
        Path merges = folder.resolve("merges.txt");
        Path vocabulary = folder.resolve("vocab.json");
        String sound = Files.readString(vocabulary);
        OpenAutoGlm.fromPretrained(folder).close(); // without any other file: the model's family says which tokenizer it is
        JsonObject larger = TestData.json(vocabulary);
        larger.addProperty("one more", 600);
        Files.writeString(vocabulary, larger.toString());
        assertRefused(folder, "has 601 entries, more than the 600 rows", "another model's vocabulary");
        Files.writeString(vocabulary, sound.replace("<|endoftext|>", "<|end|>"));
        assertRefused(folder, "lacks the eos_token <|endoftext|>");
        JsonObject negative = TestData.json(vocabulary);
        negative.addProperty("!", -1);
        Files.writeString(vocabulary, negative.toString());
        assertRefused(folder, "vocab.json", "-1", "expected an integer");
        Files.writeString(vocabulary, sound);
        for (String line : List.of("a", "a b c", " a", "a ", "")) {
            Files.writeString(merges, "#version: 0.2\n" + line + "\na b\n");
            assertRefused(folder, "merges.txt: line 2 is not two tokens");
        }
        Files.writeString(merges, "#version: 0.2\na zzz\n");
        assertRefused(folder, "vocab.json"); // by the library: no token is of that name
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"GPT2Tokenizer\"}");
        assertRefused(folder, "is of a GPT2Tokenizer", "writes a tokenizer.json");
        Files.delete(merges);
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            assertThrows(ModelException.class, () -> model.encodeTexts("a cat"));
        }
    }

    @Test
    void aTokenizerOfMoreTokensThanTheModelHasIsRefused(@TempDir Path folder) throws IOException {
        for (String name : List.of("tiny-clip", "siglip", "sentence-bert-cls")) {
            Path model = TestData.MODELS.resolve(name);
            JsonObject json = TestData.json(model.resolve("tokenizer.json"));
            int rows;
            try (OpenAutoGlm sound = OpenAutoGlm.fromPretrained(model)) {
                rows = sound.info().vocabularySize();
            }
            JsonObject added = new JsonObject();
            added.addProperty("id", rows);
            added.addProperty("content", "<more>");
            for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
                added.addProperty(flag, false);
            }
            json.getAsJsonArray("added_tokens").add(added);
            assertTooMany(folder, json, rows, "added_tokens gives the token \"<more>\" the id " + rows);

            json = TestData.json(model.resolve("tokenizer.json"));
            if (json.getAsJsonObject("model").get("vocab").isJsonArray()) {
                json.getAsJsonObject("model").getAsJsonArray("vocab").add(json.getAsJsonObject("model").getAsJsonArray("vocab").get(5));
            } else {
                json.getAsJsonObject("model").getAsJsonObject("vocab").addProperty("more", rows);
            }
            assertTooMany(folder, json, rows, "model.vocab gives the token ");
        }
    }

    private static void assertTooMany(Path folder, JsonObject tokenizer, int rows, String part) throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        ModelException refusal = assertThrows(ModelException.class,
            () -> TextTokenizer.load(file, new TextSpecification(64, 0, 0, false, rows, Map.of(), "", false)));
        assertTrue(refusal.getMessage().startsWith(file + ": " + part), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("the model's table of tokens has " + rows + " rows"), refusal.getMessage());
        TextTokenizer.load(file, new TextSpecification(64, 0, 0, false, rows + 1, Map.of(), "", false)).close();
    }

    private static void assertRefused(Path folder, String... parts) {
        ModelException refusal = assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder));
        for (String part : parts) {
            assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        }
    }

    private static void assertVocabularyRefused(Path folder, String vocabulary, String... parts) throws IOException {
        Files.writeString(folder.resolve("vocab.txt"), vocabulary);
        assertRefused(folder, parts);
    }
}
