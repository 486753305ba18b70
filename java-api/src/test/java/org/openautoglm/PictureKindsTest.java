package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Point;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same picture gives the same bits, however it comes. */
class PictureKindsTest {
    private static final int WIDTH = 61;
    private static final int HEIGHT = 47;

    private static OpenAutoGlm model;
    private static byte[] rgb; // [HEIGHT][WIDTH][3]

    @BeforeAll
    static void load() {
        model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        rgb = new byte[3 * WIDTH * HEIGHT];
        new Random(7).nextBytes(rgb);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static float[] encode(ImageInput input) {
        return model.encodeImages(List.of(input)).vector(0);
    }

    private static float[] expected() {
        return encode(ImageInput.ofRgb(ByteBuffer.wrap(rgb), WIDTH, HEIGHT));
    }

    private static int colour(int x, int y) {
        int i = 3 * (y * WIDTH + x);
        return (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff;
    }

    @Test
    void pixelsFromDirectAndStridedBuffers() {
        ByteBuffer direct = ByteBuffer.allocateDirect(rgb.length + 5).position(5);
        direct.put(rgb).position(5);
        ImageInput input = ImageInput.ofRgb(direct, WIDTH, HEIGHT);
        direct.position(0); // no matter afterwards
        assertArrayEquals(expected(), encode(input));
        assertArrayEquals(expected(), encode(ImageInput.ofRgb(direct.position(5).asReadOnlyBuffer(), WIDTH, HEIGHT)));

        int stride = 3 * WIDTH + 11;
        for (ByteBuffer buffer : List.of(ByteBuffer.allocate(stride * HEIGHT), ByteBuffer.allocateDirect(stride * HEIGHT - 11))) {
            for (int y = 0; y < HEIGHT; y++) {
                buffer.put(y * stride, rgb, 3 * WIDTH * y, 3 * WIDTH);
            }
            assertArrayEquals(expected(), encode(ImageInput.ofRgb(buffer, WIDTH, HEIGHT, stride)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_BGR, BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR})
    void bufferedImagesOfEveryColourLayout(int type) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, (x * 4 & 0xff) << 24 | colour(x, y)); // alpha is dropped, also where it is 0
            }
        }
        assertArrayEquals(expected(), encode(ImageInput.of(image)));
    }

    @Test
    void aPartOfALargerImage() {
        BufferedImage image = new BufferedImage(WIDTH + 20, HEIGHT + 10, BufferedImage.TYPE_3BYTE_BGR);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x + 13, y + 4, colour(x, y));
            }
        }
        assertArrayEquals(expected(), encode(ImageInput.of(image.getSubimage(13, 4, WIDTH, HEIGHT))));
    }

    @Test
    void palettes() {
        byte[] red = new byte[256];
        byte[] green = new byte[256];
        byte[] blue = new byte[256];
        Random random = new Random(3);
        random.nextBytes(red);
        random.nextBytes(green);
        random.nextBytes(blue);
        for (int bits : new int[] {1, 2, 4, 8}) {
            IndexColorModel palette = new IndexColorModel(bits, 1 << bits, red, green, blue);
            int type = bits == 8 ? BufferedImage.TYPE_BYTE_INDEXED : BufferedImage.TYPE_BYTE_BINARY;
            BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type, palette);
            ByteBuffer pixels = ByteBuffer.allocate(rgb.length);
            for (int y = 0; y < HEIGHT; y++) {
                for (int x = 0; x < WIDTH; x++) {
                    int index = (x * 7 + y * 5) % (1 << bits);
                    image.getRaster().setSample(x, y, 0, index);
                    pixels.put(red[index]).put(green[index]).put(blue[index]);
                }
            }
            assertArrayEquals(encode(ImageInput.ofRgb(pixels.flip(), WIDTH, HEIGHT)), encode(ImageInput.of(image)), bits + " bits");
        }
    }

    /** getRGB() would turn 128 into 188. */
    @Test
    void grayIsNotBrightened() {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_BYTE_GRAY);
        ByteBuffer pixels = ByteBuffer.allocate(rgb.length);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            image.getRaster().setSample(i % WIDTH, i / WIDTH, 0, rgb[i] & 0xff);
            pixels.put(rgb[i]).put(rgb[i]).put(rgb[i]);
        }
        assertArrayEquals(encode(ImageInput.ofRgb(pixels.flip(), WIDTH, HEIGHT)), encode(ImageInput.of(image)));
    }

    @Test
    void sixteenBitsAsInPngFiles() {
        BufferedImage gray = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY);
        ComponentColorModel rgba = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_sRGB), true, false, Transparency.TRANSLUCENT,
            DataBuffer.TYPE_USHORT);
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_USHORT, WIDTH, HEIGHT, 4, new Point());
        ByteBuffer grayPixels = ByteBuffer.allocate(rgb.length);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            int x = i % WIDTH;
            int y = i / WIDTH;
            int sample = (rgb[i] & 0xff) * 2;
            gray.getRaster().setSample(x, y, 0, sample);
            byte clipped = (byte) Math.min(255, sample);
            grayPixels.put(clipped).put(clipped).put(clipped);
            for (int band = 0; band < 3; band++) {
                raster.setSample(x, y, band, (rgb[3 * i + band] & 0xff) << 8 | 0xf0); // rounding would go up
            }
        }
        assertArrayEquals(encode(ImageInput.ofRgb(grayPixels.flip(), WIDTH, HEIGHT)), encode(ImageInput.of(gray)));
        assertArrayEquals(expected(), encode(ImageInput.of(new BufferedImage(rgba, raster, false, null))));
    }

    /** The general path: premultiplied alpha is divided out again. */
    @Test
    void premultipliedOpaqueImages() {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_ARGB_PRE);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, 0xff000000 | colour(x, y));
            }
        }
        assertArrayEquals(expected(), encode(ImageInput.of(image)));
    }

    @Test
    void filesBytesAndDecodedImages(@TempDir Path folder) throws IOException {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, colour(x, y));
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        Path file = Files.write(folder.resolve("noise.png"), png.toByteArray());
        assertArrayEquals(expected(), encode(ImageInput.of(file)));
        assertArrayEquals(expected(), encode(ImageInput.of(png.toByteArray())));
        assertArrayEquals(expected(), encode(ImageInput.of(ImageIO.read(file.toFile()))));

        // A path of another file system has no file descriptor to read from.
        Path archive = folder.resolve("pictures.zip");
        try (FileSystem zip = FileSystems.newFileSystem(archive, java.util.Map.of("create", "true"))) {
            Files.write(zip.getPath("/noise.png"), png.toByteArray());
        }
        try (FileSystem zip = FileSystems.newFileSystem(archive)) {
            assertArrayEquals(expected(), encode(ImageInput.of(zip.getPath("/noise.png"))));
        }
    }

    @Test
    void jpegFilesAndTheirBytes() throws IOException {
        assertArrayEquals(encode(ImageInput.of(TestData.LANDSCAPE)), encode(ImageInput.of(Files.readAllBytes(TestData.LANDSCAPE))));
        assertFalse(Arrays.equals(expected(), encode(ImageInput.of(TestData.LANDSCAPE))));
    }

    @Test
    void inputsAreCheckedWhenTheyAreMade() {
        ByteBuffer pixels = ByteBuffer.allocate(3 * 4 * 5);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> ImageInput.ofRgb(pixels, 4, 6)).getMessage().contains("60 bytes"));
        assertThrows(IllegalArgumentException.class, () -> ImageInput.ofRgb(pixels, 0, 5));
        assertThrows(IllegalArgumentException.class, () -> ImageInput.ofRgb(pixels, 4, -1));
        assertThrows(IllegalArgumentException.class, () -> ImageInput.ofRgb(pixels, 4, 5, 11));
        assertThrows(IllegalArgumentException.class, () -> ImageInput.ofRgb(pixels, 4, 2, Integer.MAX_VALUE));
        assertThrows(NullPointerException.class, () -> ImageInput.of((Path) null));
        assertEquals("cat", ImageInput.of(new byte[3]).named("cat").name());
    }
}
