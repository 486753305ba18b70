package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model of the size that people use, CLIP ViT-B/32 with random weights (151 million numbers, 600 MB in fp32), in a JVM with a heap of 64 MB. */
@Timeout(600)
class VitB32Test {
    private static final short ONE = 0x3c00; // in F16

    /** The tensors of CLIP ViT-B/32 by name. */
    private static Map<String, int[]> tensors() {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("logit_scale", new int[0]);
        shapes.put("text_model.embeddings.token_embedding.weight", new int[] {49_408, 512});
        shapes.put("text_model.embeddings.position_embedding.weight", new int[] {77, 512});
        shapes.put("vision_model.embeddings.class_embedding", new int[] {768});
        shapes.put("vision_model.embeddings.patch_embedding.weight", new int[] {768, 3, 32, 32});
        shapes.put("vision_model.embeddings.position_embedding.weight", new int[] {50, 768});
        layers(shapes, "text_model.", 512);
        layers(shapes, "vision_model.", 768);
        norm(shapes, "text_model.final_layer_norm", 512);
        norm(shapes, "vision_model.pre_layrnorm", 768);
        norm(shapes, "vision_model.post_layernorm", 768);
        shapes.put("text_projection.weight", new int[] {512, 512});
        shapes.put("visual_projection.weight", new int[] {512, 768});
        return shapes;
    }

    private static void layers(Map<String, int[]> shapes, String tower, int width) {
        for (int layer = 0; layer < 12; layer++) {
            String name = tower + "encoder.layers." + layer + ".";
            for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                linear(shapes, name + "self_attn." + part, width, width);
            }
            linear(shapes, name + "mlp.fc1", 4 * width, width);
            linear(shapes, name + "mlp.fc2", width, 4 * width);
            norm(shapes, name + "layer_norm1", width);
            norm(shapes, name + "layer_norm2", width);
        }
    }

    private static void linear(Map<String, int[]> shapes, String name, int out, int in) {
        shapes.put(name + ".weight", new int[] {out, in});
        shapes.put(name + ".bias", new int[] {out});
    }

    private static void norm(Map<String, int[]> shapes, String name, int width) {
        shapes.put(name + ".weight", new int[] {width});
        shapes.put(name + ".bias", new int[] {width});
    }

    private static long elements(int[] shape) {
        return Arrays.stream(shape).asLongStream().reduce(1, (a, b) -> a * b);
    }

    /** Streams the weights in F16: numbers of about ±0.06, gains of 1. */
    private static void writeWeights(Path file) throws IOException {
        JsonObject header = new JsonObject();
        long offset = 0;
        for (Map.Entry<String, int[]> tensor : tensors().entrySet()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", "F16");
            JsonArray shape = new JsonArray();
            Arrays.stream(tensor.getValue()).forEach(shape::add);
            entry.add("shape", shape);
            JsonArray range = new JsonArray();
            range.add(offset);
            offset += 2 * elements(tensor.getValue());
            range.add(offset);
            entry.add("data_offsets", range);
            header.add(tensor.getKey(), entry);
        }
        Random random = new Random(32);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
            write(channel, ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).flip());
            ByteBuffer chunk = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
            for (Map.Entry<String, int[]> tensor : tensors().entrySet()) {
                boolean gain = tensor.getKey().matches(".*(norm|norm[12])\\.weight");
                for (long left = elements(tensor.getValue()); left > 0; left -= chunk.limit() / 2) {
                    chunk.clear().limit((int) Math.min(chunk.capacity(), 2 * left));
                    while (chunk.hasRemaining()) { // sign and 13 random bits below 2^-4
                        int bits = random.nextInt();
                        chunk.putShort(gain ? ONE : (short) (bits & 0x83ff | 0x2000 + (bits >>> 16 & 0x0c00)));
                    }
                    write(channel, chunk.flip());
                }
            }
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void writeModel(Path folder) throws IOException {
        String tower = "\"num_hidden_layers\": 12, \"hidden_act\": \"quick_gelu\", \"layer_norm_eps\": 1e-05, ";
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"clip\", \"projection_dim\": 512, \"text_config\": {" + tower
            + "\"vocab_size\": 49408, \"hidden_size\": 512, \"intermediate_size\": 2048, \"num_attention_heads\": 8, \"max_position_embeddings\": 77, \"eos_token_id\": 2}, "
            + "\"vision_config\": {" + tower + "\"hidden_size\": 768, \"intermediate_size\": 3072, \"num_attention_heads\": 12, \"image_size\": 224, \"patch_size\": 32}}");
        Files.writeString(folder.resolve("preprocessor_config.json"), Files.readString(TestData.TINY_CLIP.resolve("preprocessor_config.json"))
            .replace("\"crop_size\": 32", "\"crop_size\": 224").replace("\"size\": 32", "\"size\": 224"));
        Files.copy(TestData.TINY_CLIP.resolve("tokenizer.json"), folder.resolve("tokenizer.json")); // 600 of the 49,408 ids
        writeWeights(folder.resolve("model.safetensors"));
    }

    @Test
    void loadsAndEncodesUnderAHeapOf64Megabytes(@TempDir(factory = InTarget.class) Path folder) throws Exception {
        writeModel(folder);
        assertEquals(true, Files.size(folder.resolve("model.safetensors")) > 300_000_000L);
        ChildJvm.Result result = ChildJvm.run(Small.class, Map.of(), List.of("-Xmx64m", "-XX:MaxDirectMemorySize=1m"), folder.toString());
        assertEquals(0, result.exitCode(), result.output());
    }

    /** Where there is room for 300 MB: /tmp may be a small memory disk. */
    static final class InTarget implements org.junit.jupiter.api.io.TempDirFactory {
        @Override public Path createTempDirectory(org.junit.jupiter.api.extension.AnnotatedElementContext element, org.junit.jupiter.api.extension.ExtensionContext context)
                throws IOException {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target")), "vit-b32");
        }
    }

    /** The child. */
    static final class Small {
        public static void main(String[] arguments) {
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(Path.of(arguments[0]))) {
                check(model.info().parameterCount() == 151_277_313, model.info() + "");
                List<ImageInput> images = new ArrayList<>(Collections.nCopies(9, ImageInput.of(TestData.LANDSCAPE)));
                images.set(4, ImageInput.of(TestData.MODELS.resolve("pictures/alpha.png")));
                Features pictures = model.encodeImages(images);
                Features texts = model.encodeTexts("a photo of a cat", "", "a dog ".repeat(100), "a photo of a cat");
                check(Arrays.equals(pictures.vector(0), pictures.vector(8)) && Arrays.equals(texts.vector(0), texts.vector(3)), "equal inputs differ");
                check(TestData.cosine(pictures.vector(0), pictures.vector(4)) < 0.999 && TestData.cosine(texts.vector(0), texts.vector(1)) < 0.999, "other inputs are equal");
                for (float logit : model.forward(pictures, texts).row(0)) {
                    check(Float.isFinite(logit), "a logit is " + logit);
                }
                // The weights in fp32, and not a second time.
                check(Resident.peak() < 4 * model.info().parameterCount() + (400L << 20), "a peak of " + (Resident.peak() >> 20) + " MiB");
                check(Pointer.totalCount() == 0, "JavaCPP pointers were made");
                System.out.println("peak " + (Resident.peak() >> 20) + " MiB, cosine " + TestData.cosine(pictures.vector(0), pictures.vector(4)));
            }
        }

        private static void check(boolean holds, String problem) {
            if (!holds) {
                throw new AssertionError(problem);
            }
        }
    }
}
