package org.openautoglm.benchmarks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * How many operations a CLIP model takes: what ours executes, and what a graph exported from transformers executes for the same
 * results. The two differ: ours computes the last block for the pooled rows alone, no padding, and for a text no pair that the causal mask
 * hides. What a kernel computes beyond this, to fill its tiles, is not counted, so a share of the peak is never flattered.
 *
 * @param image the image tower
 * @param text the text tower
 * @param patches of a picture; a row each, and one for the class token
 * @param patchValues numbers in a patch: channels × height × width
 * @param projection width of an embedding
 */
record ClipOperations(TransformerSize image, TransformerSize text, long patches, long patchValues, long projection) {
    /**
     * Reads the sizes of a model folder, defaults as in transformers' CLIPConfig. A ViT alone has no projection, and no text tower that anybody asks for.
     *
     * @throws IOException when there is no readable config.json
     */
    static ClipOperations of(Path folder) throws IOException {
        JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("config.json"))).getAsJsonObject();
        boolean imagesOnly = config.has("model_type") && config.get("model_type").getAsString().equals("vit");
        JsonObject vision = imagesOnly ? config : section(config, "vision_config");
        JsonObject text = section(config, "text_config");
        long side = integer(vision, "image_size", 224) / integer(vision, "patch_size", 32);
        long patch = integer(vision, "patch_size", 32);
        return new ClipOperations(size(vision, 768, 3072), size(text, 512, 2048), side * side,
            integer(vision, "num_channels", 3) * patch * patch, imagesOnly ? 0 : integer(config, "projection_dim", 512));
    }

    /** What ours executes for {@code images} pictures, preprocessing left out. */
    long imagesByOurs(long images) {
        long rows = images * (patches + 1);
        return patchEmbedding(images) + (image.blocks() - 1) * image.fullBlock(rows, rows * (patches + 1))
            + image.lastBlock(rows, images, images * (patches + 1)) + projection(images, image);
    }

    /** What an exported graph executes for {@code images} pictures: every block for every row. */
    long imagesByGraph(long images) {
        long rows = images * (patches + 1);
        return patchEmbedding(images) + image.blocks() * image.fullBlock(rows, rows * (patches + 1)) + projection(images, image);
    }

    /**
     * What ours executes for distinct texts that have nothing in common, or are computed as if they had not.
     *
     * @param tokens of each text, special tokens included
     */
    long textsByOurs(int[] tokens) {
        long rows = 0;
        long pairs = 0;
        for (int length : tokens) {
            rows += length;
            pairs += (long) length * (length + 1) / 2;
        }
        return (text.blocks() - 1) * text.fullBlock(rows, pairs) + text.lastBlock(rows, tokens.length, rows) + projection(tokens.length, text);
    }

    /**
     * What ours executes for texts of which those that begin alike are computed once as far as they do, in one pass.
     *
     * @param ids of each text, special tokens included
     */
    long textsByOurs(int[][] ids) {
        int[][] sorted = Stream.of(ids).sorted(Arrays::compare).toArray(int[][]::new);
        long texts = 0;
        long rows = 0;
        long pairs = 0;
        long lastPairs = 0;
        int[] before = {};
        for (int[] next : sorted) {
            int difference = Arrays.mismatch(before, next);
            if (difference < 0) {
                continue; // the same text again
            }
            texts++;
            rows += next.length - difference;
            pairs += (long) next.length * (next.length + 1) / 2 - (long) difference * (difference + 1) / 2;
            lastPairs += next.length;
            before = next;
        }
        return (text.blocks() - 1) * text.fullBlock(rows, pairs) + text.lastBlock(rows, texts, lastPairs) + projection(texts, text);
    }

    /** What an exported graph executes for {@code texts} texts padded to {@code length} tokens: the mask is added to a full matrix of scores. */
    long textsByGraph(long texts, long length) {
        long rows = texts * length;
        return text.blocks() * text.fullBlock(rows, rows * length) + projection(texts, text);
    }

    private long patchEmbedding(long images) {
        return 2 * images * patches * patchValues * image.width();
    }

    private long projection(long items, TransformerSize tower) {
        return 2 * items * tower.width() * projection;
    }

    private static TransformerSize size(JsonObject tower, long width, long mlpWidth) {
        return new TransformerSize(integer(tower, "hidden_size", width), integer(tower, "intermediate_size", mlpWidth),
            integer(tower, "num_hidden_layers", 12));
    }

    private static JsonObject section(JsonObject config, String key) {
        for (String name : List.of(key + "_dict", key)) { // CLIPConfig: the first, where there is one, replaces the second
            JsonElement section = config.get(name);
            if (section != null && !section.isJsonNull()) {
                return section.getAsJsonObject();
            }
        }
        return new JsonObject();
    }

    private static long integer(JsonObject section, String key, long otherwise) {
        JsonElement value = section.get(key);
        return value == null || value.isJsonNull() ? otherwise : value.getAsLong();
    }
}
