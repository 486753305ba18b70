package org.openautoglm.benchmarks;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many operations a sentence encoder of BERT's kind takes when all tokens are pooled. Without padding ours and a graph execute the same.
 *
 * @param size of its transformer
 */
record BertOperations(TransformerSize size) {
    /**
     * Reads the sizes of a model folder, defaults as in transformers' BertConfig.
     *
     * @throws IOException when there is no readable config.json
     */
    static BertOperations of(Path folder) throws IOException {
        JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("config.json"))).getAsJsonObject();
        return new BertOperations(new TransformerSize(integer(config, "hidden_size", 768), integer(config, "intermediate_size", 3072),
            integer(config, "num_hidden_layers", 12)));
    }

    /**
     * What distinct texts take.
     *
     * @param tokens of each text, special tokens included
     */
    long texts(int[] tokens) {
        long rows = 0;
        long pairs = 0;
        for (int length : tokens) {
            rows += length;
            pairs += (long) length * length;
        }
        return size.blocks() * size.fullBlock(rows, pairs);
    }

    private static long integer(JsonObject config, String key, long otherwise) {
        return config.has(key) ? config.get(key).getAsLong() : otherwise;
    }
}
