package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.BufferOverflowException;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The results' own arithmetic. */
class FeaturesTest {
    private static Features features(float... values) {
        return Features.of(Features.Kind.IMAGE, values, 2, "aa", Precision.FP32);
    }

    @Test
    void rowsAreCopies() {
        float[] values = {1, 2, 3, 4, 5, 6};
        Features features = features(values);
        values[0] = 99;
        features.vector(0)[0] = 99;
        features.toArray()[0] = 99;
        assertArrayEquals(new float[] {1, 2}, features.vector(0));
        assertArrayEquals(new float[] {5, 6}, features.vector(2));
        assertEquals(3, features.size());
        assertTrue(features.asFloatBuffer().isReadOnly());
        assertThrows(IndexOutOfBoundsException.class, () -> features.vector(3));
        assertThrows(IndexOutOfBoundsException.class, () -> features.vector(-1));
        FloatBuffer target = FloatBuffer.allocate(7).position(1);
        features.copyTo(target);
        assertEquals(6, target.get(6));
        assertThrows(BufferOverflowException.class, () -> features.copyTo(FloatBuffer.allocate(5)));
        assertThrows(IllegalArgumentException.class, () -> features(1, 2, 3));
    }

    @Test
    void normalizedRowsHaveLengthOne() {
        Features normalized = features(3, -4, 0, 0, 1e-12f, 0).normalized();
        assertArrayEquals(new float[] {0.6f, -0.8f}, normalized.vector(0), 1e-7f);
        assertArrayEquals(new float[] {0, 0}, normalized.vector(1));
        assertArrayEquals(new float[] {1, 0}, normalized.vector(2), 1e-7f);
        assertEquals("aa", normalized.modelHash());
    }

    /** More rows than fit one piece of native memory. */
    @Test
    void longMatricesAreNormalizedInPieces() {
        int rows = 3_000_000;
        float[] values = new float[2 * rows];
        for (int i = 0; i < rows; i++) {
            values[2 * i] = 3 * (i + 1);
            values[2 * i + 1] = 4 * (i + 1);
        }
        FloatBuffer normalized = features(values).normalized().asFloatBuffer();
        for (int i = 0; i < rows; i++) {
            if (Math.abs(normalized.get(2 * i) - 0.6f) > 1e-6f || Math.abs(normalized.get(2 * i + 1) - 0.8f) > 1e-6f) {
                throw new AssertionError("row " + i + ": " + normalized.get(2 * i) + ", " + normalized.get(2 * i + 1));
            }
        }
    }

    @Test
    void partsAreJoinedInOrderWhenTheyFit() {
        Features joined = Features.concat(List.of(features(1, 2), features(), features(3, 4, 5, 6)));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, joined.toArray());
        Features text = Features.of(Features.Kind.TEXT, new float[2], 2, "aa", Precision.FP32);
        Features other = Features.of(Features.Kind.IMAGE, new float[2], 2, "bb", Precision.FP32);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Features.concat(List.of(features(1, 2), text))).getMessage().contains("parts[1]"));
        assertThrows(IllegalArgumentException.class, () -> Features.concat(List.of(features(1, 2), other)));
        assertThrows(IllegalArgumentException.class, () -> Features.concat(List.of()));
    }

    @Test
    void logitsFindTheBest() {
        Logits logits = new Logits(2, 3, new float[] {1, 5, 5, -1, -3, -2}, new float[] {0.1f, 0.45f, 0.45f, 0.6f, 0.1f, 0.3f});
        assertEquals(1, logits.bestText(0));
        assertEquals(0, logits.bestText(1));
        assertEquals(0, logits.bestImage(2));
        assertEquals(5, logits.get(0, 2));
        assertArrayEquals(new float[] {-1, -3, -2}, logits.row(1));
        assertEquals(0.3f, logits.probability(1, 2));
        assertArrayEquals(new float[] {0.6f, 0.1f, 0.3f}, logits.probabilities()[1]);
        assertThrows(IndexOutOfBoundsException.class, () -> logits.get(0, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> logits.get(2, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> logits.bestText(2));
        assertThrows(IndexOutOfBoundsException.class, () -> logits.bestImage(3));
    }

    /** In one call, 9,000 images by 1,000 texts take 72 MB of results: it is cut, and softmax is still over all texts. */
    @Test
    void largeMatricesAreScoredInPieces() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            int dimension = model.info().embeddingSize();
            java.util.Random random = new java.util.Random(5);
            float[] images = new float[9000 * dimension];
            float[] texts = new float[1000 * dimension];
            for (int i = 0; i < images.length; i++) {
                images[i] = random.nextFloat() - 0.5f;
            }
            for (int i = 0; i < texts.length; i++) {
                texts[i] = random.nextFloat() - 0.5f;
            }
            Features all = own(model, Features.Kind.IMAGE, images);
            Features textFeatures = own(model, Features.Kind.TEXT, texts);
            Logits logits = model.forward(all, textFeatures);
            for (int image : new int[] {0, 1, 4095, 4096, 8999}) {
                Logits alone = model.forward(own(model, Features.Kind.IMAGE, all.vector(image)), textFeatures);
                assertArrayEquals(alone.row(0), logits.row(image), "image " + image);
                assertArrayEquals(alone.probabilities()[0], logits.probabilities()[image], "image " + image);
            }
        }
    }

    private static Features own(OpenAutoGlm model, Features.Kind kind, float[] values) {
        return Features.of(kind, values, model.info().embeddingSize(), model.info().hash(), model.backend().precision());
    }

    @Test
    void featuresOfAnotherModelAreWarnedAboutOnce() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP); Logged logged = new Logged()) {
            Features images = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
            Features texts = model.encodeTexts("a cat");
            model.forward(images, texts);
            assertEquals(0, logged.count("do not compare"), logged.text());
            Features stranger = Features.of(Features.Kind.TEXT, texts.toArray(), texts.dimension(), "0123456789abcdef", Precision.FP32);
            Features coarser = Features.of(Features.Kind.TEXT, texts.toArray(), texts.dimension(), model.info().hash(), Precision.BF16);
            for (int i = 0; i < 3; i++) {
                model.forward(images, stranger);
            }
            assertEquals(1, logged.count("do not compare"), logged.text());
            assertTrue(logged.text().contains("0123456789abcdef"), logged.text());
            model.forward(images, coarser);
            assertEquals(2, logged.count("do not compare"), logged.text());
        }
    }
}
