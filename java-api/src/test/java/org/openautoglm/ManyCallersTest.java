package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.FileImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** 10,000 pictures from 200 threads, in the memory that docs/architecture.md states; and the statement is no empty one. */
@Timeout(600)
class ManyCallersTest {
    private static final int THREADS = 200;
    private static final int PICTURES_OF_EACH = 50;
    private static final long HEAP = 64L << 20;

    private static BufferedImage drawing(int width, int height, boolean noise) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(width);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, noise ? random.nextInt() : (x * 255 / width) << 16 | (y * 255 / height) << 8 | (x ^ y) & 255);
            }
        }
        return image;
    }

    /** Without compression, so that files are as large as pixels, and quickly read. */
    private static void storedPng(Path file, BufferedImage image) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam parameters = writer.getDefaultWriteParam();
        parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        parameters.setCompressionQuality(1);
        try (FileImageOutputStream out = new FileImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } finally {
            writer.dispose();
        }
    }

    @Test
    void tenThousandPicturesFromTwoHundredThreadsStayWithinTheStatedMemory(@TempDir Path folder) throws Exception {
        ImageIO.write(drawing(2000, 1500, false), "jpeg", folder.resolve("large.jpg").toFile());
        ImageIO.write(drawing(640, 480, false), "jpeg", folder.resolve("middle.jpg").toFile());
        ImageIO.write(drawing(160, 120, true), "jpeg", folder.resolve("small.jpg").toFile());
        storedPng(folder.resolve("stored.png"), drawing(400, 300, true));
        ImageIO.write(drawing(300, 200, false), "png", folder.resolve("flat.png").toFile());
        ChildJvm.Result result = ChildJvm.run(Serving.class, Map.of(), List.of("-Xms" + HEAP, "-Xmx" + HEAP, "-XX:+AlwaysPreTouch"), folder.toString());
        assertEquals(0, result.exitCode(), result.output());
        System.out.println(result.output().lines().filter(line -> line.startsWith("peak")).findFirst().orElseThrow());
    }

    /** The child. */
    static final class Serving {
        private static final int PASSES = 3;
        private static final long PIXELS_IN_FLIGHT = 16L << 20;

        /** The sum in docs/architecture.md, "Memory". */
        private static long stated(OpenAutoGlm model) {
            long weights = 4 * model.info().parameterCount();
            long workspaces = PASSES * (8L << 20); // tiny-clip with 2,048 tokens: far less
            long pixels = 3 * PIXELS_IN_FLIGHT;
            long frames = (160L << 20) + THREADS * (256L << 10);
            long machine = (128L << 20) + THREADS * (128L << 10);
            return weights + workspaces + pixels + frames + HEAP + machine;
        }

        public static void main(String[] arguments) throws Exception {
            List<ImageInput> kinds;
            try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
                kinds = files.sorted().map(ImageInput::of).toList(); // flat.png, large.jpg, middle.jpg, small.jpg, stored.png
            }
            LoadOptions options = LoadOptions.builder().threads(3).maxPasses(PASSES).maxPixelsInFlight(PIXELS_IN_FLIGHT).build();
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options)) {
                Features expected = model.encodeImages(kinds);
                List<Thread> threads = new ArrayList<>();
                List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
                for (int i = 0; i < THREADS; i++) {
                    Random random = new Random(i);
                    Thread thread = new Thread(() -> {
                        List<Integer> chosen = new ArrayList<>();
                        for (int k = 0; k < PICTURES_OF_EACH; k++) {
                            int draw = random.nextInt(100);
                            chosen.add(draw < 2 ? 1 : draw < 10 ? 2 : draw < 50 ? 3 : draw < 90 ? 4 : 0);
                        }
                        Features features = model.encodeImages(chosen.stream().map(kinds::get).toList());
                        for (int k = 0; k < PICTURES_OF_EACH; k++) {
                            if (!Arrays.equals(expected.vector(chosen.get(k)), features.vector(k))) {
                                throw new AssertionError("picture " + k);
                            }
                        }
                    });
                    thread.setUncaughtExceptionHandler((t, failure) -> failures.add(failure));
                    threads.add(thread);
                }
                threads.forEach(Thread::start);
                for (Thread thread : threads) {
                    thread.join();
                }
                if (!failures.isEmpty()) {
                    throw new AssertionError(failures.get(0));
                }
                long stated = stated(model);
                System.out.println("peak " + (Resident.peak() >> 20) + " MiB, stated " + (stated >> 20) + " MiB");
                if (Resident.peak() > stated || stated > 2 * Resident.peak()) {
                    throw new AssertionError("the peak is not between half of what is stated and that");
                }
            }
        }
    }
}
