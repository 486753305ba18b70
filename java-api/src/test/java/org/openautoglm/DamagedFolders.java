package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What can be wrong with a model folder, and what the refusal must say. */
final class DamagedFolders {
    static final String WEIGHTS = "model.safetensors";

    private DamagedFolders() { }

    /** Something done to a copy of a folder. */
    interface Damage {
        void to(Path folder) throws Exception;
    }

    record Case(String name, Damage damage, List<String> said) {
        /** The same, said of something else than one file. */
        Case of(String subject) {
            return new Case(name, damage, concat(subject, said.subList(1, said.size()).toArray(String[]::new)));
        }

        @Override public String toString() {
            return name;
        }
    }

    private static Case weights(String name, Damage damage, String... said) {
        return new Case("weights: " + name, damage, concat(WEIGHTS, said));
    }

    private static Case config(String name, String json, String... said) {
        return new Case("config: " + name, folder -> Files.writeString(folder.resolve("config.json"), json), concat("config.json", said));
    }

    private static Case key(String path, String value, String... said) {
        return new Case("config: " + path + " = " + value, folder -> edit(folder.resolve("config.json"), root -> {
            String[] keys = path.split("\\.");
            JsonObject at = root;
            for (int i = 0; i < keys.length - 1; i++) {
                at = at.getAsJsonObject(keys[i]);
            }
            at.add(keys[keys.length - 1], JsonParser.parseString(value));
        }), concat("config.json", concat(path, said).toArray(String[]::new)));
    }

    private static Case header(String name, Consumer<JsonObject> change, String... said) {
        return weights(name, folder -> {
            byte[] file = Files.readAllBytes(folder.resolve(WEIGHTS));
            int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
            JsonObject header = JsonParser.parseString(new String(file, 8, length, StandardCharsets.UTF_8)).getAsJsonObject();
            change.accept(header);
            write(folder, header.toString().getBytes(StandardCharsets.UTF_8), Arrays.copyOfRange(file, 8 + length, file.length));
        }, said);
    }

    private static List<String> concat(String first, String... others) {
        return Stream.concat(Stream.of(first), Arrays.stream(others)).toList();
    }

    static void edit(Path file, Consumer<JsonObject> change) throws IOException {
        JsonObject root = TestData.json(file);
        change.accept(root);
        Files.writeString(file, root.toString());
    }

    private static void write(Path folder, byte[] header, byte[] data) throws IOException {
        Files.write(folder.resolve(WEIGHTS), ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).put(data).array());
    }

    static Damage length(long length) {
        return folder -> {
            try (RandomAccessFile file = new RandomAccessFile(folder.resolve(WEIGHTS).toFile(), "rw")) {
                file.setLength(length);
            }
        };
    }

    private static Damage headerLength(long length) {
        return folder -> {
            try (RandomAccessFile file = new RandomAccessFile(folder.resolve(WEIGHTS).toFile(), "rw")) {
                file.writeLong(Long.reverseBytes(length));
            }
        };
    }

    private static JsonArray numbers(String values) {
        return JsonParser.parseString(values).getAsJsonArray();
    }

    private static void pipe(Path place) throws Exception {
        Files.deleteIfExists(place);
        assertEquals(0, new ProcessBuilder("mkfifo", place.toString()).start().waitFor());
    }

    /** All of them. */
    static Stream<Case> all() {
        String tensor = "text_projection.weight";
        String deep = "{\"a\":".repeat(200_000) + "1" + "}".repeat(200_000);
        return Stream.of(
            weights("empty", length(0), "0 bytes"),
            weights("three bytes", length(3), "3 bytes"),
            weights("cut in the header", length(2000), "truncated"),
            weights("cut in the data", length(11_000), "truncated"),
            weights("cut by one byte", folder -> length(Files.size(folder.resolve(WEIGHTS)) - 1).to(folder), "truncated"),
            weights("garbage", folder -> {
                byte[] noise = new byte[5000];
                new Random(1).nextBytes(noise);
                Files.write(folder.resolve(WEIGHTS), noise);
            }, "not a safetensors file"),
            weights("a header longer than the file", headerLength(1_000_000), "truncated"),
            weights("a header of more than 100 MB", headerLength(100_000_001), "100,000,000"),
            weights("a header of negative length", headerLength(-5), "not a safetensors file"),
            weights("a header that is no JSON", folder -> write(folder, "nonsense".getBytes(StandardCharsets.UTF_8), new byte[8]), "not valid JSON"),
            weights("a header that is a list", folder -> write(folder, "[]".getBytes(StandardCharsets.UTF_8), new byte[8]), "not a JSON object"),
            weights("a header nested 200,000 deep", folder -> write(folder, deep.getBytes(StandardCharsets.UTF_8), new byte[8]), "nested"),
            header("overlapping offsets", h -> h.getAsJsonObject(tensor).add("data_offsets",
                h.getAsJsonObject("visual_projection.weight").get("data_offsets")), tensor, "visual_projection.weight", "overlap"),
            header("a negative offset", h -> h.getAsJsonObject(tensor).add("data_offsets", numbers("[-256, 0]")), tensor, "non-negative"),
            header("an offset beyond the file", h -> h.getAsJsonObject(tensor).add("data_offsets", numbers("[1000000, 1000256]")), tensor, "truncated"),
            header("offsets the wrong way round", h -> h.getAsJsonObject(tensor).add("data_offsets", numbers("[512, 256]")), tensor, "512 … 256"),
            header("a huge offset", h -> h.getAsJsonObject(tensor).add("data_offsets", numbers("[0, 18446744073709551615]")), tensor, "non-negative"),
            header("sizes whose product overflows", h -> h.getAsJsonObject(tensor).add("shape", numbers("[4294967296, 4294967296]")), tensor, "overflow"),
            header("a negative size", h -> h.getAsJsonObject(tensor).add("shape", numbers("[-8, -8]")), tensor, "non-negative"),
            header("a shape of another number of bytes", h -> h.getAsJsonObject(tensor).add("shape", numbers("[8, 7]")), tensor, "bytes"),
            header("a wrong shape", h -> h.getAsJsonObject(tensor).add("shape", numbers("[4, 16]")), tensor, "[4, 16]").of("the weights do not fit the model"),
            header("an unknown dtype", h -> h.getAsJsonObject(tensor).addProperty("dtype", "F33"), tensor, "F33"),
            header("a missing tensor", h -> h.remove(tensor), tensor).of("the weights do not fit the model"),
            weights("an infinity", folder -> {
                try (RandomAccessFile file = new RandomAccessFile(folder.resolve(WEIGHTS).toFile(), "rw")) {
                    file.seek(file.length() - 2);
                    file.writeShort(0x007c); // in F16, low byte first
                }
            }, "tensor ", "an infinity"),
            weights("a folder", folder -> {
                Files.delete(folder.resolve(WEIGHTS));
                Files.createDirectory(folder.resolve(WEIGHTS));
            }),
            weights("a named pipe", folder -> pipe(folder.resolve(WEIGHTS)), "not a regular file"),
            weights("a link to itself", folder -> {
                Files.delete(folder.resolve(WEIGHTS));
                Files.createSymbolicLink(folder.resolve(WEIGHTS), Path.of(WEIGHTS));
            }),
            new Case("an index of shards outside the folder", folder -> {
                Files.delete(folder.resolve(WEIGHTS));
                Files.writeString(folder.resolve(WEIGHTS + ".index.json"), "{\"weight_map\": {\"a\": \"../sound/model.safetensors\"}}");
            }, List.of(WEIGHTS + ".index.json", "weight_map.a")),
            new Case("an index without shards", folder -> {
                Files.delete(folder.resolve(WEIGHTS));
                Files.writeString(folder.resolve(WEIGHTS + ".index.json"), "{\"weight_map\": {}}");
            }, List.of(WEIGHTS + ".index.json", "empty")),
            config("empty", "", "not valid JSON"),
            config("cut off", "{\"model_type\": \"cl", "not valid JSON"),
            config("a list", "[]", "not a JSON object"),
            config("nested 200,000 deep", deep, "nested"),
            key("model_type", "7", "expected a string"),
            key("projection_dim", "0", "expected an integer from"),
            key("projection_dim", "-8", "expected an integer from"),
            key("text_config.hidden_size", "\"8\"", "expected an integer from"),
            key("text_config.hidden_size", "9223372036854775807", "expected an integer from"),
            key("text_config.num_attention_heads", "3", "divisor of hidden_size 8"),
            key("vision_config.num_attention_heads", "3", "divisor of hidden_size 8"),
            key("vision_config.patch_size", "0", "expected"),
            key("vision_config.patch_size", "1000", "expected at most the image_size"),
            key("vision_config.image_size", "1.5", "expected"),
            key("vision_config.num_hidden_layers", "-1", "expected an integer from"),
            new Case("a vocabulary that the weights do not have", folder -> edit(folder.resolve("config.json"), root -> root.getAsJsonObject("text_config").addProperty("vocab_size", 99)),
                List.of("the weights do not fit the model", "text_model.embeddings.token_embedding.weight", "[99, 8]")),
            new Case("config.json is a named pipe", folder -> pipe(folder.resolve("config.json")), List.of("config.json", "not a regular file")),
            new Case("config.json is a folder", folder -> {
                Files.delete(folder.resolve("config.json"));
                Files.createDirectory(folder.resolve("config.json"));
            }, List.of("config.json")),
            new Case("no processor config", folder -> Files.delete(folder.resolve("preprocessor_config.json")), List.of("preprocessor_config.json", "copy")),
            new Case("a processor config that is no JSON", folder -> Files.writeString(folder.resolve("preprocessor_config.json"), "}{"),
                List.of("preprocessor_config.json", "not valid JSON")),
            new Case("a tokenizer that is garbage", folder -> Files.writeString(folder.resolve("tokenizer.json"), "\0\1"), List.of("tokenizer.json", "not valid JSON")));
    }
}
