package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pictures, texts and arguments that are wrong: each gives one exception that names it, and the model goes on with the same bits. Buffers, null and
 * empty lists are BatchTest's, calls after close CloseTest's, half characters TokenizerTest's.
 */
@Timeout(300)
class HostileInputTest {
    private static OpenAutoGlm model;
    private static float[] image;
    private static float[] text;

    @TempDir private Path folder;

    @BeforeAll
    static void load() {
        model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        image = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).vector(0);
        text = model.encodeTexts("a cat").vector(0);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @AfterEach
    void theModelServesOn() {
        assertArrayEquals(image, model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).vector(0));
        assertArrayEquals(text, model.encodeTexts("a cat").vector(0));
    }

    /** A bad picture between two good ones is the only one that fails. */
    private static void assertRefused(ImageInput bad, String... said) {
        List<ImageInput> batch = List.of(ImageInput.of(TestData.LANDSCAPE), bad, ImageInput.of(TestData.LANDSCAPE));
        BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(batch));
        assertEquals(List.of(1), List.copyOf(failure.failures().keySet()));
        assertEquals(ImageException.class, failure.failures().get(1).getClass());
        assertTrue(failure.failures().get(1).getMessage().startsWith(bad.name() + ": "), failure.getMessage());
        for (String part : said) {
            assertTrue(failure.getMessage().contains(part), () -> "\"" + part + "\" is not in: " + failure.getMessage());
        }
        assertArrayEquals(image, failure.finished().vector(0));
        assertArrayEquals(image, failure.finished().vector(1));
    }

    /** A PNG file that says its size, and has nothing behind it but a short IDAT. */
    private static byte[] png(int width, int height) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        chunk(file, "IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8).put((byte) 2).array());
        chunk(file, "IDAT", new byte[] {0x78, (byte) 0x9c, 3, 0, 0, 0, 0, 1});
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] data) throws IOException {
        byte[] body = ByteBuffer.allocate(4 + data.length).put(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(data).array();
        CRC32 crc = new CRC32();
        crc.update(body);
        file.write(ByteBuffer.allocate(4).putInt(data.length).array());
        file.write(body);
        file.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    @Test
    void whatIsNoPictureIsRefused() throws IOException {
        assertRefused(ImageInput.of(new byte[0]), "0 bytes");
        assertRefused(ImageInput.of(new byte[] {1, 2, 3}), "neither JPEG", "01 02 03");
        assertRefused(ImageInput.of(Files.write(folder.resolve("empty.jpg"), new byte[0])), "empty.jpg", "0 bytes");
        assertRefused(ImageInput.of(TestData.TINY_CLIP.resolve("config.json")), "config.json", "neither JPEG");
        assertRefused(ImageInput.of(folder), "folder");
        assertRefused(ImageInput.of(folder.resolve("nowhere.png")), "no such file");
    }

    /** Cut off at many places: pictures are whole, or they are refused. */
    @Test
    void truncatedPicturesAreRefused() throws IOException {
        for (String name : List.of("landscape.jpg", "alpha.png", "palette.png", "cmyk.jpg")) {
            byte[] whole = Files.readAllBytes(TestData.MODELS.resolve("pictures").resolve(name));
            for (int length : new int[] {3, 10, 40, whole.length / 3, whole.length / 2, whole.length - 60}) {
                assertRefused(ImageInput.of(Arrays.copyOf(whole, length)).named(name + " cut to " + length));
            }
        }
    }

    @Test
    void pictureBombsAreRefusedByTheirHeader() throws IOException {
        assertRefused(ImageInput.of(png(60_000, 60_000)), "60000 x 60000", "3600000000", "178956970");
        assertRefused(ImageInput.of(Files.write(folder.resolve("bomb.png"), png(60_000, 60_000))), "bomb.png", "60000 x 60000");
        assertRefused(ImageInput.of(png(0, 5)));
        assertRefused(ImageInput.of(png(Integer.MAX_VALUE, Integer.MAX_VALUE)));
        assertRefused(ImageInput.of(png(1000, 1000)), "PNG"); // a fair size, but no pixels
    }

    /** The limit is looked at before anything is converted or copied. */
    @Test
    void thePixelLimitComesBeforeTheWork() {
        AtomicInteger read = new AtomicInteger();
        try (OpenAutoGlm limited = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().maxImagePixels(1199).build())) {
            BatchException failure = assertThrows(BatchException.class, () -> limited.encodeImages(List.of(ImageInput.of(new HookedImage(read::incrementAndGet)))));
            assertTrue(failure.getMessage().contains("a 40 x 30 BufferedImage: has 1200 pixels") && failure.getMessage().contains("1199"), failure.getMessage());
            assertEquals(0, read.get());
        }
        try (OpenAutoGlm limited = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().maxImagePixels(1200).build())) {
            assertEquals(1, limited.encodeImages(List.of(ImageInput.of(new HookedImage(read::incrementAndGet)))).size());
            assertEquals(1, read.get());
        }
    }

    @Test
    void sourcesThatThrowFailAlone() throws IOException {
        Path archive = folder.resolve("pictures.zip");
        Path inside;
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            inside = zip.getPath("/landscape.jpg");
            Files.copy(TestData.LANDSCAPE, inside);
        }
        assertRefused(ImageInput.of(inside), "ClosedFileSystemException");
        BufferedImage contradicting = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB) {
            @Override public int getHeight() {
                return 400;
            }
        };
        assertRefused(ImageInput.of(contradicting), "reading it failed");
        assertRefused(ImageInput.of(new HookedImage(() -> {
            throw new NullPointerException("mine");
        })), "mine");
    }

    @Test
    void aPipeIsReadToItsEndAndAFileWithoutPermissionIsNamed() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Process writer = new ProcessBuilder("cp", TestData.LANDSCAPE.toString(), pipe.toString()).start();
        assertArrayEquals(image, model.encodeImages(List.of(ImageInput.of(pipe))).vector(0));
        assertEquals(0, writer.waitFor());

        Path secret = Files.copy(TestData.LANDSCAPE, folder.resolve("secret.jpg"));
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
        if (Files.isReadable(secret)) { // root
            assertArrayEquals(image, model.encodeImages(List.of(ImageInput.of(secret))).vector(0));
        } else {
            assertRefused(ImageInput.of(secret), "permission");
        }
        assertRefused(ImageInput.of(Path.of("/proc/self/mem")), "/proc/self/mem"); // opens for all, and reads for none
    }

    /** A file that is cut and written again while it is read is whole, or refused. */
    @Test
    void aPictureThatChangesWhileItIsRead() throws Exception {
        Path file = folder.resolve("changing.jpg");
        byte[] whole = Files.readAllBytes(TestData.LANDSCAPE);
        Files.write(file, whole);
        Thread writer = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try (var channel = new java.io.RandomAccessFile(file.toFile(), "rw")) {
                    channel.setLength(whole.length / 2);
                    channel.seek(whole.length / 2);
                    channel.write(whole, whole.length / 2, whole.length - whole.length / 2);
                } catch (IOException cause) {
                    throw new java.io.UncheckedIOException(cause);
                }
            }
        });
        writer.start();
        try {
            for (int i = 0; i < 500; i++) {
                try {
                    assertArrayEquals(image, model.encodeImages(List.of(ImageInput.of(file))).vector(0));
                } catch (BatchException refused) {
                    assertTrue(refused.getMessage().contains("changing.jpg"), refused.getMessage());
                }
            }
        } finally {
            writer.interrupt();
            writer.join();
        }
    }

    /** A million characters are tokenized in one go, and only the begin counts: the ids are those of a text that is cut by hand. */
    @Test
    void textsOfAnyLengthAreTexts() {
        for (String word : List.of("é🎉", "a", " ")) {
            assertArrayEquals(model.tokenize(word.repeat(2000)), model.tokenize(word.repeat(1_000_000 / word.length())), word);
        }
        assertArrayEquals(model.encodeTexts("photo of ".repeat(200)).vector(0), model.encodeTexts("photo of ".repeat(110_000)).vector(0));
        assertEquals(2, model.tokenize("").length);
        assertFalse(Arrays.equals(model.encodeTexts("").vector(0), text));
    }

    @Test
    void aTextWithAnyCharacterIsAText() {
        StringBuilder all = new StringBuilder();
        List<String> texts = new ArrayList<>();
        for (int c = 0; c < 0x30000; c += c < 0x3000 ? 1 : 97) {
            if (c < 0xd800 || c > 0xdfff) {
                all.appendCodePoint(c);
            }
            if (all.length() > 50) {
                texts.add(all.toString());
                all.setLength(0);
            }
        }
        Features features = model.encodeTexts(texts);
        for (int i = 0; i < texts.size(); i++) {
            for (float value : features.vector(i)) {
                assertTrue(Float.isFinite(value), texts.get(i));
            }
        }
    }

    @Test
    void oneHalfCharacterOrNullRefusesTheCallBeforeAnyWork() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> model.encodeTexts("a", "b\uD83C")).getMessage().contains("texts[1]"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> model.tokenize("\uDF89")).getMessage().contains("lone surrogate"));
        List<String> withNull = new ArrayList<>(Collections.nCopies(3, "a"));
        withNull.set(2, null);
        assertTrue(assertThrows(NullPointerException.class, () -> model.encodeTexts(withNull)).getMessage().contains("texts[2]"));
        assertThrows(NullPointerException.class, () -> model.tokenize(null));
        assertThrows(NullPointerException.class, () -> model.forward(null, model.encodeTexts("a")));
    }

    /** Files that a JDK wrote in every way it can are either served or refused with their name. */
    @Test
    void unusualSizesAreServed() throws IOException {
        for (int[] size : new int[][] {{1, 1}, {1, 300}, {300, 1}, {2, 2}, {4096, 16}}) {
            BufferedImage drawing = new BufferedImage(size[0], size[1], BufferedImage.TYPE_INT_RGB);
            Path file = folder.resolve(size[0] + "x" + size[1] + ".png");
            ImageIO.write(drawing, "png", file.toFile());
            try {
                float[] fromFile = model.encodeImages(List.of(ImageInput.of(file))).vector(0);
                assertArrayEquals(fromFile, model.encodeImages(List.of(ImageInput.of(drawing))).vector(0), file.toString());
            } catch (BatchException refused) {
                assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
            }
        }
    }
}
