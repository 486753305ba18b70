package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The vectors of tokens and patches, against those of transformers; late interaction over them, against numpy's. */
class TokenFeaturesTest {
    private static final LoadOptions FP32 = LoadOptions.builder().precision(Precision.FP32).build();

    private static List<Path> golden() throws IOException {
        try (Stream<Path> files = Files.list(TestData.ROOT.resolve("tokens"))) {
            return files.sorted().toList();
        }
    }

    private static void assertClose(JsonArray expected, TokenFeatures tokens) {
        FloatBuffer values = tokens.asFloatBuffer();
        assertEquals(expected.size() * tokens.dimension(), values.remaining());
        for (JsonElement row : expected) {
            for (float value : TestData.floats(row)) {
                assertEquals(value, values.get(), 1e-3);
            }
        }
    }

    @Test
    void vectorsAndLateInteractionAreThoseOfPython() throws IOException {
        List<Path> files = golden();
        assertTrue(files.size() >= 11, files.toString());
        for (Path file : files) {
            JsonObject golden = TestData.json(file);
            String name = file.getFileName().toString().replace(".json", "");
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.MODELS.resolve(name), FP32)) {
                TokenFeatures images = null;
                TokenFeatures texts = null;
                if (!golden.getAsJsonArray("pictures").isEmpty()) {
                    List<ImageInput> inputs = new ArrayList<>();
                    golden.getAsJsonArray("pictures").forEach(picture -> inputs.add(ImageInput.of(TestData.MODELS.resolve(picture.getAsString()))));
                    images = model.encodeImageTokens(inputs);
                    assertClose(golden.getAsJsonArray("image_tokens"), images);
                    assertEquals(model.info().imageTokens(), images.tokens(0));
                }
                List<String> strings = new ArrayList<>();
                golden.getAsJsonArray("texts").forEach(text -> strings.add(text.isJsonNull() ? null : text.getAsString()));
                if (strings.contains(null)) { // ids that no text gives
                    continue;
                }
                if (!strings.isEmpty()) {
                    texts = model.encodeTextTokens(strings);
                    assertClose(golden.getAsJsonArray("text_tokens"), texts);
                    for (int i = 0; i < strings.size(); i++) {
                        assertEquals(model.tokenize(strings.get(i)).length, texts.tokens(i));
                    }
                }
                float[][] scores = Similarity.maxSimilarity((golden.get("queries").getAsString().equals("texts") ? texts : images).normalized(),
                    (golden.get("documents").getAsString().equals("texts") ? texts : images).normalized());
                JsonArray expected = golden.getAsJsonArray("max_similarity");
                assertEquals(expected.size(), scores.length);
                for (int i = 0; i < scores.length; i++) {
                    assertArrayEquals(TestData.floats(expected.get(i)), scores[i], 1e-4f, name);
                }
            }
        }
    }

    /** Equal texts are computed once and calls are cut in chunks: neither shows. */
    @Test
    void aTextHasTheSameVectorsInAnyCompany() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < 2500; i++) {
                texts.add("a photo of " + "the cat ".repeat(i % 17) + i % 700);
            }
            TokenFeatures all = model.encodeTextTokens(texts);
            assertEquals(2500, all.size());
            for (int i : new int[] {0, 1, 699, 701, 1024, 2499}) {
                TokenFeatures alone = model.encodeTextTokens(List.of(texts.get(i)));
                assertEquals(FloatBuffer.wrap(alone.item(0).toArray()), FloatBuffer.wrap(all.item(i).toArray()));
                assertEquals(all.tokens(i), all.item(i).size());
            }
            assertEquals(all.items().get(7).vector(1)[0], all.vector(7, 1)[0]);
            assertEquals(all.offsets()[2500] * all.dimension(), all.asFloatBuffer().remaining());
            assertTrue(all.toString().startsWith("vectors [24] of the " + all.offsets()[2500] + " tokens of 2500 texts, "), all.toString());
            assertEquals(model.info().hash(), all.modelHash());
            assertEquals(model.backend().precision(), all.precision());
            // The end of a text is its embedding.
            Features last = model.encodeTexts(texts.get(5));
            assertArrayEquals(last.vector(0), all.vector(5, all.tokens(5) - 1));
            assertThrows(IndexOutOfBoundsException.class, () -> all.item(2500));
            assertThrows(IndexOutOfBoundsException.class, () -> all.vector(0, all.tokens(0)));
        }
    }

    @Test
    void theTokensOfAPromptHaveVectorsToo() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.MODELS.resolve("sentence-xlm-roberta"))) {
            TokenFeatures asked = model.encodeTextTokens(List.of("dogs"), "query");
            assertEquals(asked.dimension(), model.info().textTokenSize());
            assertTrue(asked.tokens(0) > 2);
            assertEquals(model.tokenize("dogs").length, model.encodeTextTokens(List.of("dogs")).tokens(0)); // the default one
            assertThrows(IllegalArgumentException.class, () -> model.encodeTextTokens(List.of("dogs"), "question"));
        }
    }

    @Test
    void picturesThatAreBadAreToldAndTheOthersAreDone() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            ImageInput good = ImageInput.of(TestData.LANDSCAPE);
            ImageInput bad = ImageInput.of(new byte[] {1, 2, 3});
            BatchException failure = assertThrows(BatchException.class, () -> model.encodeImageTokens(List.of(bad, good, bad)));
            assertEquals(2, failure.failures().size());
            assertNull(failure.finished());
            assertArrayEquals(new int[] {1}, failure.finishedIndices());
            TokenFeatures alone = model.encodeImageTokens(List.of(good));
            assertEquals(alone.asFloatBuffer(), failure.finishedTokens().asFloatBuffer());
            assertEquals(1, failure.finishedTokens().size());
            BatchException embeddings = assertThrows(BatchException.class, () -> model.encodeImages(List.of(bad)));
            assertNull(embeddings.finishedTokens());
            // The class token, projected, is the embedding.
            assertArrayEquals(model.encodeImages(List.of(good)).vector(0), alone.vector(0, 0));
        }
    }

    @Test
    void whatIsRefused() {
        try (OpenAutoGlm texts = OpenAutoGlm.fromPretrained(TestData.MODELS.resolve("plain-bert"));
             OpenAutoGlm images = OpenAutoGlm.fromPretrained(TestData.MODELS.resolve("vit-pooler"))) {
            UnsupportedException refusal = assertThrows(UnsupportedException.class, () -> texts.encodeImageTokens(List.of(ImageInput.of(TestData.LANDSCAPE))));
            assertTrue(refusal.getMessage().contains("no image tower"), refusal.getMessage());
            refusal = assertThrows(UnsupportedException.class, () -> images.encodeTextTokens(List.of("a cat")));
            assertTrue(refusal.getMessage().contains("takes no texts"), refusal.getMessage());
            assertThrows(IllegalArgumentException.class, () -> texts.encodeTextTokens(List.of()));
            assertThrows(IllegalArgumentException.class, () -> images.encodeImageTokens(List.of()));
            assertThrows(IllegalArgumentException.class, () -> texts.encodeTextTokens(List.of("\ud800")));
            ImageInput picture = ImageInput.of(TestData.LANDSCAPE);
            IllegalArgumentException many = assertThrows(IllegalArgumentException.class, () -> images.encodeImageTokens(Collections.nCopies(20_000_000, picture)));
            assertTrue(many.getMessage().contains("pass them in parts"), many.getMessage());
            TokenFeatures narrow = texts.encodeTextTokens(List.of("a"));
            TokenFeatures wide = images.encodeImageTokens(List.of(picture));
            assertEquals("the tokens behind the last block", texts.info().tokens());
            if (narrow.dimension() != wide.dimension()) {
                assertThrows(IllegalArgumentException.class, () -> Similarity.maxSimilarity(narrow, wide));
            }
            images.close();
            assertThrows(IllegalStateException.class, () -> images.encodeImageTokens(List.of(picture)));
        }
    }
}
