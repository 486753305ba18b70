package org.openautoglm.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * How a Java program usually prepares a picture for CLIP: ImageIO decodes it, Graphics2D scales its shorter edge to the model's and cuts the centre out, and a
 * loop rescales and normalises into planes. Java's bicubic interpolation does not widen its filter for a smaller picture, as Pillow does, so the values are
 * not those that the model was trained with. The one setting that is not the default: ImageIO keeps its streams in memory rather than in files.
 *
 * @param size edge of the model's pictures
 * @param mean of red, green, blue
 * @param deviation of red, green, blue
 */
record UsualPreparation(int size, float[] mean, float[] deviation) {
    UsualPreparation {
        ImageIO.setUseCache(false);
    }

    /** Reads the numbers of a model folder. */
    static UsualPreparation of(Path folder, int size) throws IOException {
        JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("preprocessor_config.json"))).getAsJsonObject();
        return new UsualPreparation(size, floats(config.getAsJsonArray("image_mean")), floats(config.getAsJsonArray("image_std")));
    }

    /** Puts {@code [3, size, size]} at the buffer's position. */
    void put(Picture file, FloatBuffer out) throws IOException {
        BufferedImage decoded = ImageIO.read(new ByteArrayInputStream(file.bytes()));
        double scale = (double) size / Math.min(decoded.getWidth(), decoded.getHeight());
        int width = (int) Math.round(decoded.getWidth() * scale);
        int height = (int) Math.round(decoded.getHeight() * scale);
        BufferedImage cut = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = cut.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(decoded, (size - width) / 2, (size - height) / 2, width, height, null);
        graphics.dispose();
        int[] pixels = cut.getRGB(0, 0, size, size, null, 0, size);
        for (int channel = 0; channel < 3; channel++) {
            int shift = 16 - 8 * channel;
            for (int pixel : pixels) {
                out.put(((pixel >> shift & 255) / 255f - mean[channel]) / deviation[channel]);
            }
        }
    }

    private static float[] floats(JsonArray numbers) {
        float[] values = new float[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers.get(i).getAsFloat();
        }
        return values;
    }
}
