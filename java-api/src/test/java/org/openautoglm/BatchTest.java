package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lists of any length, with bad items, into the caller's memory. */
class BatchTest {
    private static OpenAutoGlm model;

    @BeforeAll
    static void load() {
        model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ImageInput noise(int seed) {
        int width = 20 + seed % 23;
        byte[] rgb = new byte[3 * width * 31];
        new Random(seed).nextBytes(rgb);
        return ImageInput.ofRgb(ByteBuffer.wrap(rgb), width, 31);
    }

    private static float[] alone(ImageInput input) {
        return model.encodeImages(List.of(input)).vector(0);
    }

    /** A file that no frame can hold is bad by itself; its length alone is read. */
    @Test
    void aFileBeyondTwoGibibytesFailsAlone(@TempDir Path folder) throws IOException {
        Path huge = folder.resolve("huge.jpg");
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(2200L << 20); // sparse
        }
        BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(List.of(noise(1), ImageInput.of(huge), noise(2))));
        assertEquals(Set.of(1), failure.failures().keySet());
        assertTrue(failure.failures().get(1).getMessage().contains("huge.jpg") && failure.failures().get(1).getMessage().contains("2 GiB"));
        assertArrayEquals(alone(noise(2)), failure.finished().vector(1));
    }

    /** More than three chunks; a row's bits do not depend on its neighbours. */
    @Test
    void manyPicturesGiveTheBitsOfEachAlone() {
        List<ImageInput> inputs = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            inputs.add(noise(i));
        }
        Features features = model.encodeImages(inputs);
        for (int i = 0; i < inputs.size(); i += 9) {
            assertArrayEquals(alone(inputs.get(i)), features.vector(i), "picture " + i);
        }
    }

    @Test
    void manyTextsGiveTheBitsOfEachAlone() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 2500; i++) {
            texts.add("a photo of " + i % 1300 + " cats"); // equal ones in one chunk and across chunks
        }
        Features features = model.encodeTexts(texts);
        for (int i = 0; i < texts.size(); i += 97) {
            assertArrayEquals(model.encodeTexts(texts.get(i)).vector(0), features.vector(i), "text " + i);
        }
        assertArrayEquals(features.vector(5), features.vector(1305));
    }

    @Test
    void badPicturesAreListedAndTheOthersDone() {
        Set<Integer> bad = Set.of(3, 64, 70, 149);
        List<ImageInput> inputs = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            inputs.add(!bad.contains(i) ? noise(i) : i % 2 == 0 ? ImageInput.of(Path.of("/nowhere/" + i + ".jpg"))
                : ImageInput.of(new byte[] {1, 2, 3}).named("rubbish " + i));
        }
        BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(inputs));
        assertEquals(List.of(3, 64, 70, 149), List.copyOf(failure.failures().keySet()));
        assertTrue(failure.failures().get(64).getMessage().startsWith("/nowhere/64.jpg: "), failure.failures().get(64).getMessage());
        assertTrue(failure.failures().get(149).getMessage().startsWith("rubbish 149: "), failure.failures().get(149).getMessage());
        failure.failures().values().forEach(cause -> assertEquals(ImageException.class, cause.getClass()));
        assertTrue(failure.getMessage().contains("4 of 150") && failure.getMessage().contains("images[3]"), failure.getMessage());
        assertSame(failure.failures().get(3), failure.getCause());

        int[] finished = failure.finishedIndices();
        assertEquals(146, finished.length);
        assertEquals(146, failure.finished().size());
        for (int k = 0; k < finished.length; k += 13) {
            assertArrayEquals(alone(inputs.get(finished[k])), failure.finished().vector(k), "picture " + finished[k]);
        }
        // The model goes on serving.
        assertEquals(model.info().embeddingSize(), alone(noise(1)).length);
    }

    @Test
    void aSingleBadPictureIsABatchOfOne() {
        BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(List.of(ImageInput.of(new byte[0]))));
        assertEquals(0, failure.finished().size());
        assertEquals(0, failure.finishedIndices().length);
    }

    @Test
    void foldersAndUnreadableFilesAreNamed() {
        BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(List.of(ImageInput.of(TestData.MODELS))));
        assertTrue(failure.getMessage().contains(TestData.MODELS.toString()) && failure.getMessage().contains("folder"), failure.getMessage());
    }

    @Test
    void thePixelLimitHolds() {
        LoadOptions options = LoadOptions.builder().maxImagePixels(1000).build();
        try (OpenAutoGlm limited = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options)) {
            assertEquals(1, limited.encodeImages(List.of(ImageInput.ofRgb(ByteBuffer.allocate(3000), 40, 25))).size());
            BatchException failure = assertThrows(BatchException.class, () -> limited.encodeImages(List.of(
                ImageInput.ofRgb(ByteBuffer.allocate(3003), 77, 13), ImageInput.of(TestData.LANDSCAPE))));
            assertEquals(2, failure.failures().size());
            assertTrue(failure.getMessage().contains("1001") || failure.getMessage().contains("77 x 13"), failure.getMessage());
        }
    }

    @Test
    void resultsGoIntoTheCallersMemory() {
        List<ImageInput> images = List.of(noise(1), noise(2));
        List<String> texts = List.of("a cat", "a dog", "");
        int dimension = model.info().embeddingSize();
        float[] expectedImages = model.encodeImages(images).toArray();
        float[] expectedTexts = model.encodeTexts(texts).toArray();

        float[] array = new float[3 * dimension];
        model.encodeImages(images, array);
        assertArrayEquals(expectedImages, java.util.Arrays.copyOf(array, 2 * dimension));
        model.encodeTexts(texts, array);
        assertArrayEquals(expectedTexts, array);

        FloatBuffer direct = ByteBuffer.allocateDirect(4 * (1 + 5 * dimension)).order(ByteOrder.nativeOrder()).asFloatBuffer();
        FloatBuffer swapped = ByteBuffer.allocateDirect(4 * (1 + 5 * dimension))
            .order(ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN).asFloatBuffer();
        for (FloatBuffer target : List.of(FloatBuffer.allocate(1 + 5 * dimension), direct, swapped)) {
            target.put(42);
            model.encodeImages(images, target);
            assertEquals(1 + 2 * dimension, target.position());
            model.encodeTexts(texts, target);
            assertEquals(0, target.remaining());
            assertEquals(42, target.get(0));
            for (int i = 0; i < expectedImages.length; i++) {
                assertEquals(expectedImages[i], target.get(1 + i));
            }
            for (int i = 0; i < expectedTexts.length; i++) {
                assertEquals(expectedTexts[i], target.get(1 + expectedImages.length + i));
            }
        }
        assertThrows(IllegalArgumentException.class, () -> model.encodeImages(images, new float[2 * dimension - 1]));
        assertThrows(IllegalArgumentException.class, () -> model.encodeTexts(texts, FloatBuffer.wrap(array).asReadOnlyBuffer()));
    }

    @Test
    void badRowsInTheCallersMemoryAreZero() {
        int dimension = model.info().embeddingSize();
        FloatBuffer target = FloatBuffer.allocate(3 * dimension);
        for (int i = 0; i < target.capacity(); i++) {
            target.put(i, Float.NaN);
        }
        List<ImageInput> inputs = List.of(noise(1), ImageInput.of(new byte[9]), noise(2));
        BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(inputs, target));
        assertNull(failure.finished());
        assertArrayEquals(new int[] {0, 2}, failure.finishedIndices());
        assertEquals(0, target.position());
        float[] last = alone(inputs.get(2));
        for (int i = 0; i < dimension; i++) {
            assertEquals(0, target.get(dimension + i));
            assertEquals(last[i], target.get(2 * dimension + i));
        }
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertEquals("texts[1] is null", assertThrows(NullPointerException.class, () -> model.encodeTexts("a", null)).getMessage());
        assertEquals("texts[0] is null", assertThrows(NullPointerException.class, () -> model.encodeTexts((String) null)).getMessage());
        assertEquals("texts", assertThrows(NullPointerException.class, () -> model.encodeTexts((String[]) null)).getMessage());
        assertEquals("texts[1] is null",
            assertThrows(NullPointerException.class, () -> model.encodeTextsAsync(java.util.Arrays.asList("a", null), Runnable::run)).getMessage());
        assertEquals("images", assertThrows(NullPointerException.class, () -> model.encodeImagesAsync(null, Runnable::run)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> ImageInput.ofRgb(java.nio.ByteBuffer.allocate(3), 1 << 30, 1));
        assertMessage(IllegalArgumentException.class, "images is empty", () -> model.encodeImages(List.of()));
        assertMessage(IllegalArgumentException.class, "texts is empty", () -> model.encodeTexts(List.of()));
        assertMessage(NullPointerException.class, "images", () -> model.encodeImages(null));
        List<ImageInput> withNull = new ArrayList<>();
        withNull.add(noise(1));
        withNull.add(null);
        assertMessage(NullPointerException.class, "images[1]", () -> model.encodeImages(withNull));
        Features images = model.encodeImages(List.of(noise(1)));
        Features texts = model.encodeTexts("a cat");
        assertMessage(IllegalArgumentException.class, "images", () -> model.forward(texts, images));
        Features narrow = Features.of(Features.Kind.TEXT, new float[6], 3, model.info().hash(), Precision.FP32);
        assertMessage(IllegalArgumentException.class, "dimension 3", () -> model.forward(images, narrow));
        Features none = Features.of(Features.Kind.TEXT, new float[0], texts.dimension(), model.info().hash(), Precision.FP32);
        assertMessage(IllegalArgumentException.class, "no rows", () -> model.forward(images, none));
    }

    private static void assertMessage(Class<? extends Exception> type, String part, org.junit.jupiter.api.function.Executable call) {
        Exception failure = assertThrows(type, call);
        assertTrue(failure.getMessage().contains(part), failure.getMessage());
    }
}
