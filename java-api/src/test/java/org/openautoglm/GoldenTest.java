package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What Hugging Face transformers answers on the golden models, on every instruction set of this CPU in one JVM. */
class GoldenTest {
    private static final double COSINE = 0.999999;
    private static final double LOGIT = 1e-3;

    static Stream<Arguments> cases() {
        return TestData.instructionSets().stream().flatMap(isa -> TestData.models().stream()
            .map(model -> Arguments.of(isa, model.getFileName().toString())));
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("cases")
    void equalsTransformers(Isa isa, String name) {
        Path folder = TestData.MODELS.resolve(name);
        JsonObject golden = TestData.json(folder.resolve("golden.json"));
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder, LoadOptions.builder().isa(isa).precision(Precision.FP32).build())) {
            assertEquals(isa, model.backend().isa());
            List<ImageInput> pictures = new ArrayList<>();
            TestData.array(golden, "pictures").forEach(file -> pictures.add(ImageInput.of(TestData.MODELS.resolve(file.getAsString()))));
            List<String> texts = new ArrayList<>();
            List<Integer> rows = new ArrayList<>(); // of the golden texts: some of its rows are ids that no text gives
            JsonArray goldenTexts = TestData.array(golden, "texts");
            for (int i = 0; i < goldenTexts.size(); i++) {
                if (!goldenTexts.get(i).isJsonNull()) {
                    texts.add(goldenTexts.get(i).getAsString());
                    rows.add(i);
                    assertArrayEquals(TestData.ints(golden.getAsJsonArray("input_ids").get(i)),
                        model.tokenize(goldenTexts.get(i).getAsString()), "ids of text " + i);
                }
            }
            assertTrue(pictures.size() + texts.size() > 0, "there is nothing to compare");
            assertEquals(!pictures.isEmpty(), model.info().hasImageTower());
            assertEquals(!texts.isEmpty(), model.info().hasTextTower());
            Features images = pictures.isEmpty() ? null : model.encodeImages(pictures);
            Features sentences = texts.isEmpty() ? null : model.encodeTexts(texts);
            for (int i = 0; i < pictures.size(); i++) {
                assertCosine(TestData.floats(golden.getAsJsonArray("image_embeds").get(i)), images.vector(i), "image " + i);
            }
            for (int k = 0; k < texts.size(); k++) {
                assertCosine(TestData.floats(golden.getAsJsonArray("text_embeds").get(rows.get(k))), sentences.vector(k), "text " + rows.get(k));
            }
            for (String prompt : model.prompts().keySet()) {
                Features prompted = model.encodeTexts(texts, prompt);
                for (int k = 0; k < texts.size(); k++) {
                    assertCosine(TestData.floats(golden.getAsJsonObject("prompted").getAsJsonArray(prompt).get(rows.get(k))), prompted.vector(k),
                        prompt + " text " + rows.get(k));
                }
            }
            if (!golden.has("logits_per_image")) {
                return;
            }
            assertLogits(golden, model.forward(images, sentences), rows);
            assertLogits(golden, model.forward(images.normalized(), sentences.normalized()), rows);
            assertProbabilities(model.info().scores(), model.forward(images, sentences));
        }
    }

    private static void assertLogits(JsonObject golden, Logits logits, List<Integer> rows) {
        for (int image = 0; image < logits.images(); image++) {
            float[] expected = TestData.floats(golden.getAsJsonArray("logits_per_image").get(image));
            int best = 0;
            for (int k = 0; k < rows.size(); k++) {
                assertEquals(expected[rows.get(k)], logits.get(image, k), LOGIT, "logit of image " + image + ", text " + rows.get(k));
                best = expected[rows.get(k)] > expected[rows.get(best)] ? k : best;
            }
            assertEquals(best, logits.bestText(image));
        }
    }

    /** Softmax is over the given texts; the golden one is over more of them. */
    private static void assertProbabilities(Scores scores, Logits logits) {
        float[][] probabilities = logits.probabilities();
        for (int image = 0; image < logits.images(); image++) {
            double largest = logits.get(image, logits.bestText(image));
            double sum = 0;
            for (int text = 0; text < logits.texts(); text++) {
                sum += Math.exp(logits.get(image, text) - largest);
            }
            for (int text = 0; text < logits.texts(); text++) {
                double expected = scores == Scores.EACH_PAIR ? 1 / (1 + Math.exp(-logits.get(image, text)))
                    : Math.exp(logits.get(image, text) - largest) / sum;
                assertEquals(expected, probabilities[image][text], 1e-6);
            }
        }
    }

    private static void assertCosine(float[] expected, float[] actual, String what) {
        assertEquals(expected.length, actual.length);
        double cosine = TestData.cosine(expected, actual);
        assertTrue(cosine >= COSINE, what + ": cosine " + cosine); // also false for NaN
        for (int i = 0; i < expected.length; i++) {
            // The scale, too: a cosine does not see it. Embeddings here are of the order of 1.
            assertEquals(expected[i], actual[i], 1e-3, what + ", element " + i);
        }
    }

    @Test
    void theComparisonSeesWhatIsWrong() {
        float[] vector = {1, -2, 3, 0.5f};
        assertEquals(1, TestData.cosine(vector, vector.clone()), 1e-12);
        assertTrue(TestData.cosine(vector, new float[] {-1, 2, -3, -0.5f}) < -0.99);
        assertTrue(TestData.cosine(vector, new float[] {-2, 3, 0.5f, 1}) < COSINE);
        assertTrue(TestData.cosine(vector, new float[] {1, -2, 3, 0.51f}) < COSINE);
        assertTrue(!(TestData.cosine(vector, new float[] {1, -2, Float.NaN, 0.5f}) >= COSINE));
        assertTrue(!(TestData.cosine(vector, new float[4]) >= COSINE));
    }
}
