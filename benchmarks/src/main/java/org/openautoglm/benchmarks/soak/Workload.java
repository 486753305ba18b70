package org.openautoglm.benchmarks.soak;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.openautoglm.BatchException;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.ModelException;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.benchmarks.Picture;

/** What a busy server sees: pictures of every kind, texts, batches, and one call in eight that has something bad in it. Safe for any thread. */
final class Workload {
    private static final int TEXTS = 64;

    private final Path folder;
    private final Path broken;
    private final List<ImageInput> good = new ArrayList<>();
    private final List<ImageInput> bad = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private final float[][] images; // of good
    private final float[][] sentences; // of texts

    /**
     * Draws the inputs and notes what one thread alone gets for them.
     *
     * @param folder of the model
     * @param scratch an empty folder for files
     */
    Workload(Path folder, Path scratch) throws IOException {
        this.folder = folder;
        this.broken = breakModel(folder, Files.createDirectory(scratch.resolve("broken")));
        byte[] jpeg = Picture.jpeg(96, 64, 1).bytes();
        BufferedImage drawing = new BufferedImage(50, 40, BufferedImage.TYPE_INT_ARGB);
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            drawing.setRGB(i % 50, i / 50, random.nextInt());
        }
        Path png = scratch.resolve("drawing.png");
        ImageIO.write(drawing, "png", png.toFile());
        good.add(ImageInput.of(jpeg));
        good.add(ImageInput.of(png));
        good.add(ImageInput.of(drawing));
        good.add(Picture.rgb(37, 61, 2).input());
        good.add(ImageInput.ofRgb(ByteBuffer.wrap(Picture.rgb(64, 33, 3).bytes()), 64, 33));
        good.add(ImageInput.of(Files.write(scratch.resolve("large.jpg"), Picture.jpeg(640, 480, 4).bytes())));
        bad.add(ImageInput.of(Arrays.copyOf(jpeg, jpeg.length / 2)));
        bad.add(ImageInput.of(new byte[] {1, 2, 3}));
        bad.add(ImageInput.of(new byte[0]));
        bad.add(ImageInput.of(scratch.resolve("nowhere.png")));
        bad.add(ImageInput.of(scratch));
        bad.add(ImageInput.of(Arrays.copyOf(Files.readAllBytes(png), 300)));
        for (int i = 0; i < TEXTS; i++) {
            texts.add("a photo of " + i + " cats and dogs ".repeat(i % 9));
        }
        texts.set(0, "");
        texts.set(1, "picture ".repeat(500));
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            images = rows(model.encodeImages(good));
            sentences = rows(model.encodeTexts(texts));
        }
    }

    private static float[][] rows(Features features) {
        return IntStream.range(0, features.size()).mapToObj(features::vector).toArray(float[][]::new);
    }

    /** A folder that is refused late: the last bytes of its weights are missing. */
    private static Path breakModel(Path folder, Path target) throws IOException {
        for (String name : List.of("config.json", "preprocessor_config.json", "tokenizer.json")) {
            Files.copy(folder.resolve(name), target.resolve(name));
        }
        byte[] weights = Files.readAllBytes(folder.resolve("model.safetensors"));
        Files.write(target.resolve("model.safetensors"), Arrays.copyOf(weights, weights.length - 4));
        return target;
    }

    /** One call, checked to the bit. */
    void call(OpenAutoGlm model, long number) {
        int k = (int) (number / 8 % 1000);
        int image = k % 20 == 0 ? 5 : k % 5; // the large one is rare: it takes as long as ten others
        int text = k % TEXTS;
        switch ((int) (number % 8)) {
            case 0, 1 -> check(images[image], model.encodeImages(List.of(good.get(image))).vector(0));
            case 2, 3, 4 -> check(sentences[text], model.encodeTexts(texts.get(text)).vector(0));
            case 5 -> {
                FloatBuffer target = FloatBuffer.allocate(3 * model.info().embeddingSize());
                model.encodeTexts(List.of(texts.get(text), texts.get((text + 1) % TEXTS), texts.get(text)), target);
                check(sentences[text], Arrays.copyOf(target.array(), model.info().embeddingSize()));
            }
            case 6 -> {
                Features pictures = model.encodeImages(good.subList(0, 5));
                check(images[4], pictures.vector(4));
                model.forward(pictures, model.encodeTexts(texts.subList(text / 2, text / 2 + 5)));
            }
            default -> bad(model, k, image);
        }
    }

    private void bad(OpenAutoGlm model, int k, int image) {
        if (k % 3 == 0) {
            expect(IllegalArgumentException.class, () -> model.encodeTexts("half of \uD83C", "a cat"));
            return;
        }
        List<ImageInput> batch = List.of(good.get(image), bad.get(k % bad.size()));
        BatchException failure = expect(BatchException.class, () -> model.encodeImages(batch));
        check(images[image], failure.finished().vector(0));
    }

    /** One load/close cycle; each fifth is of a broken folder. */
    void cycle(long number) {
        if (number % 5 == 4) {
            expect(ModelException.class, () -> OpenAutoGlm.fromPretrained(broken).close());
            return;
        }
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            int text = (int) (number % TEXTS);
            check(images[0], model.encodeImages(List.of(good.get(0))).vector(0));
            check(sentences[text], model.encodeTexts(texts.get(text)).vector(0));
        }
    }

    private static void check(float[] expected, float[] actual) {
        if (!Arrays.equals(expected, actual)) {
            throw new IllegalStateException("wrong bits: " + Arrays.toString(actual) + " instead of " + Arrays.toString(expected));
        }
    }

    private static <T extends Exception> T expect(Class<T> type, Runnable call) {
        try {
            call.run();
        } catch (RuntimeException failure) {
            if (type.isInstance(failure)) {
                return type.cast(failure);
            }
            throw failure;
        }
        throw new IllegalStateException("no " + type.getSimpleName() + " for bad input");
    }
}
