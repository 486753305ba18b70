package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.VectorStore;

/**
 * {@code index} is killed at any moment, as by {@code kill -9}, and goes on: in the end the index is, byte for byte, that of a run which nobody disturbed. Of 600 pictures; of as
 * many as {@code -Dopenautoglm.killed.pictures=10000} says.
 */
@Tag("once")
@Timeout(value = 2, unit = TimeUnit.HOURS)
class IndexKilledTest {
    private static final int PICTURES = Integer.getInteger("openautoglm.killed.pictures", 600);
    private static final int KILLS = 12;

    @TempDir Path folder;

    /** Coloured noise of a few sizes: no two alike, and quickly written. */
    private static void writePictures(Path pictures) throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < PICTURES; i++) {
            int side = 24 + i % 3 * 20;
            BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < side * side; p++) {
                image.setRGB(p % side, p / side, random.nextInt(8) == 0 ? random.nextInt() : i * 2654435 & 0xffffff);
            }
            ImageIO.write(image, "png", pictures.resolve(String.format("%05d.png", i)).toFile());
        }
    }

    /** The command line in a JVM of its own. */
    private static Process start(Path pictures, Path file, Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-Dopenautoglm.cache=" + System.getProperty("openautoglm.cache", System.getProperty("java.io.tmpdir")), "-cp", System.getProperty("java.class.path"),
            Main.class.getName(), "index", "--model", "open-autoglm-demo", "--images-from", pictures.toString(), "-o", file.toString()));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    /** A run to its end; how long it took. */
    private static Duration run(Path pictures, Path file, Path log) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Process child = start(pictures, file, log);
        int exitCode = child.waitFor();
        assertEquals(0, exitCode, Files.readString(log));
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    @Test
    void anIndexIsTheSameHoweverOftenTheRunsThatMakeItAreKilled() throws IOException, InterruptedException {
        Path pictures = Files.createDirectory(folder.resolve("many"));
        Path log = folder.resolve("log");
        writePictures(pictures);
        Path undisturbed = folder.resolve("undisturbed.index");
        long most = run(pictures, undisturbed, log).toMillis();

        Path file = folder.resolve("killed.index");
        Path partial = folder.resolve("killed.index.partial");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String about = "seed " + seed + ", " + PICTURES + " pictures, undisturbed in " + most + " ms";
        int kills = 0;
        int indexes = 0;
        int atTheEnd = 0; // killed with the index there, and the journal not yet gone
        int begun = 0;    // and with some batches done
        while (kills < KILLS || begun < KILLS / 3) {
            // Any moment of a run, its first and last steps as well. A run that goes on is shorter, so that some end before they are killed.
            boolean fresh = !Files.exists(partial) && !Files.exists(file);
            long moment = (long) (random.nextDouble() * most);
            long begin = System.nanoTime();
            Process child = start(pictures, file, log);
            boolean ended = child.waitFor(moment, TimeUnit.MILLISECONDS);
            child.destroyForcibly().waitFor();
            if (!ended) {
                kills++;
                begun += Files.exists(partial) && Files.size(partial) > 1000 ? 1 : 0;
                atTheEnd += Files.exists(partial) && Files.exists(file) ? 1 : 0;
                assertSound(file, about);
                continue;
            }
            assertEquals(0, child.exitValue(), about + ": " + Files.readString(log));
            assertSame(undisturbed, file, partial, about);
            Files.delete(file);
            indexes++;
            most = fresh ? Duration.ofNanos(System.nanoTime() - begin).toMillis() : most * 3 / 4; // the machine is not as busy as it was
        }
        run(pictures, file, log);
        assertSame(undisturbed, file, partial, about);
        System.out.println("index killed " + kills + " times (" + begun + " after the first batch, " + atTheEnd + " after the index was there), " + (indexes + 1)
            + " indexes finished, each as undisturbed; " + about);

        try (VectorStore store = VectorStore.open(file); OpenAutoGlm model = OpenAutoGlm.fromPretrained("open-autoglm-demo")) {
            assertEquals(PICTURES, store.size());
            Path some = pictures.resolve("00123.png");
            VectorStore.Hit hit = store.search(model.encodeImages(List.of(ImageInput.of(some))), 1).get(0).get(0);
            assertTrue(hit.score() > 0.99999f, hit::toString);
        }
    }

    /** There is no index yet, or a whole one. */
    private static void assertSound(Path file, String about) {
        if (Files.exists(file)) {
            try (VectorStore store = VectorStore.open(file)) {
                assertEquals(PICTURES, store.size(), about);
            }
        }
    }

    private static void assertSame(Path undisturbed, Path file, Path partial, String about) throws IOException {
        assertEquals(-1, Files.mismatch(undisturbed, file), about);
        assertFalse(Files.exists(partial), about);
    }
}
