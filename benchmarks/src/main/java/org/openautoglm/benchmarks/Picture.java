package org.openautoglm.benchmarks;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import javax.imageio.ImageIO;
import org.openautoglm.ImageInput;

/**
 * A made-up picture; equal seeds, equal pictures.
 *
 * @param bytes a JPEG file, or R, G, B bytes, top row first; not to be changed
 * @param encoded whether {@code bytes} is a file
 * @param width in pixels
 * @param height in pixels
 */
public record Picture(byte[] bytes, boolean encoded, int width, int height) {
    private static final int GRAIN = 24; // levels

    /** Decoded pixels. */
    public static Picture rgb(int width, int height, long seed) {
        BufferedImage drawing = drawing(width, height, seed);
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int pixel = drawing.getRGB(x, y);
                rgb[at++] = (byte) (pixel >> 16);
                rgb[at++] = (byte) (pixel >> 8);
                rgb[at++] = (byte) pixel;
            }
        }
        return new Picture(rgb, false, width, height);
    }

    /** A JPEG file with the JDK's default quality. */
    public static Picture jpeg(int width, int height, long seed) throws IOException {
        return file(drawing(width, height, seed));
    }

    private static Picture file(BufferedImage image) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        if (!ImageIO.write(image, "jpeg", file)) {
            throw new IOException("this JDK writes no JPEG files (is its java.desktop module complete?)");
        }
        return new Picture(file.toByteArray(), true, image.getWidth(), image.getHeight());
    }

    /** A JPEG file with film grain: about as many bytes a pixel as a photograph has. */
    static Picture photograph(int width, int height, long seed) throws IOException {
        BufferedImage image = drawing(width, height, seed);
        Random random = new Random(~seed);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                int grain = random.nextInt(GRAIN) - GRAIN / 2;
                row[x] = clipped((row[x] >> 16 & 255) + grain) << 16 | clipped((row[x] >> 8 & 255) + grain) << 8 | clipped((row[x] & 255) + grain);
            }
            image.setRGB(0, y, width, 1, row, 0, width);
        }
        return file(image);
    }

    private static int clipped(int value) {
        return Math.max(0, Math.min(255, value));
    }

    /** For our API; pixels in a direct buffer, which is read where it is. */
    public ImageInput input() {
        if (encoded) {
            return ImageInput.of(bytes);
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        return ImageInput.ofRgb(direct, width, height);
    }

    /** Coloured shapes over a gradient: smooth areas and edges, as photographs have. */
    private static BufferedImage drawing(int width, int height, long seed) {
        Random random = new Random(seed);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setPaint(new GradientPaint(0, 0, color(random), width, height, color(random)));
        graphics.fillRect(0, 0, width, height);
        for (int shape = 0; shape < 40; shape++) {
            graphics.setColor(color(random));
            int w = 1 + random.nextInt(width / 3 + 1);
            int h = 1 + random.nextInt(height / 3 + 1);
            int x = random.nextInt(width) - w / 2;
            int y = random.nextInt(height) - h / 2;
            if (random.nextBoolean()) {
                graphics.fillOval(x, y, w, h);
            } else {
                graphics.fillRect(x, y, w, h);
            }
        }
        graphics.dispose();
        return image;
    }

    private static Color color(Random random) {
        return new Color(random.nextInt(1 << 24));
    }
}
