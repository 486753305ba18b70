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
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pictures do not go through the Java heap, and their native memory is bounded: a JVM with a 64 MB heap and 1 MB of direct buffers encodes 600 MB of
 * files from eight threads.
 */
@Timeout(300)
class SmallHeapTest {
    private static final int PICTURES = 40;
    private static final int THREADS = 8;

    @Test
    void bigBatchesNeedNoHeap(@TempDir Path folder) throws IOException, InterruptedException {
        BufferedImage noise = new BufferedImage(900, 700, BufferedImage.TYPE_3BYTE_BGR);
        Random random = new Random(1);
        for (int y = 0; y < noise.getHeight(); y++) {
            for (int x = 0; x < noise.getWidth(); x++) {
                noise.setRGB(x, y, random.nextInt());
            }
        }
        Path picture = folder.resolve("noise.png"); // noise does not compress: 1.9 MB
        ImageIO.write(noise, "png", picture.toFile());
        ChildJvm.Result result = ChildJvm.run(Small.class, Map.of(), List.of("-Xmx64m", "-XX:MaxDirectMemorySize=1m"), picture.toString());
        assertEquals(0, result.exitCode(), result.output());
    }

    /** The child. */
    static final class Small {
        public static void main(String[] arguments) throws Exception {
            Path picture = Path.of(arguments[0]);
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
                float[] expected = model.encodeImages(List.of(ImageInput.of(picture))).vector(0);
                List<Thread> threads = new ArrayList<>();
                List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
                for (int i = 0; i < THREADS; i++) {
                    Thread thread = new Thread(() -> {
                        Features features = model.encodeImages(Collections.nCopies(PICTURES, ImageInput.of(picture)));
                        for (int k = 0; k < PICTURES; k++) {
                            if (!Arrays.equals(expected, features.vector(k))) {
                                throw new AssertionError("picture " + k);
                            }
                        }
                    });
                    thread.setUncaughtExceptionHandler((t, failure) -> failures.add(failure));
                    thread.start();
                    threads.add(thread);
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                if (!failures.isEmpty()) {
                    throw new AssertionError(failures.get(0));
                }
            }
            long files = THREADS * PICTURES * Files.size(picture);
            // 128 MiB of files in flight, 192 MiB of pixels, and the JVM itself.
            if (Resident.peak() > 600L << 20) {
                throw new AssertionError("peak of " + Resident.peak() + " bytes for " + files + " bytes of files");
            }
            // JavaCPP's Pointer checks the memory of the process and may run System.gc(): not even the class is there.
            if (Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().contains("JavaCPP"))) {
                throw new AssertionError("JavaCPP's thread runs: " + Thread.getAllStackTraces().keySet());
            }
        }
    }
}
