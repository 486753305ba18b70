package org.openautoglm.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * sentence-transformers/all-MiniLM-L6-v2 as a model folder, made of the ONNX file that LangChain4j's artifact carries: the one set of real weights that comes with a
 * Maven build. ONNX numbers the fields of its messages in onnx.proto3; a reader of protocol buffers needs nothing more.
 */
final class MiniLm {
    static final String NAME = "all-MiniLM-L6-v2";
    static final String VERSION = "1.20.0-beta30"; // of the artifact

    private static final String ONNX = "/all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";
    // ModelProto, GraphProto, NodeProto, TensorProto
    private static final int GRAPH = 7;
    private static final int NODE = 1;
    private static final int INITIALIZER = 5;
    private static final int NODE_INPUT = 1;
    private static final int NODE_NAME = 3;
    private static final int NODE_OPERATION = 4;
    private static final int DIMENSIONS = 1;
    private static final int DATA_TYPE = 2;
    private static final int FLOAT_DATA = 4;
    private static final int NAME_OF_TENSOR = 8;
    private static final int RAW_DATA = 9;
    private static final int FLOAT = 1;

    private record Tensor(long[] shape, ByteBuffer values) { }

    private MiniLm() { }

    /** The ONNX file, as the artifact has it. */
    static byte[] onnx() throws IOException {
        return resource(ONNX);
    }

    /**
     * Writes the folder, unless it is there.
     *
     * @param folder whose parent exists
     */
    static void write(Path folder) throws IOException {
        if (Files.exists(folder.resolve("model.safetensors"))) {
            return;
        }
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(folder.resolve("config.json"), """
            {"model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536,
             "hidden_act": "gelu", "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12}
            """);
        Files.writeString(folder.resolve("modules.json"), """
            [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
             {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
            """);
        Files.writeString(folder.resolve("1_Pooling/config.json"), """
            {"word_embedding_dimension": 384, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}
            """);
        Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 512, \"do_lower_case\": false}\n");
        Files.write(folder.resolve("tokenizer.json"), resource(TOKENIZER));
        writeSafetensors(tensors(UnknownFieldSet.parseFrom(onnx())), folder.resolve("model.safetensors"));
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("LangChain4j's artifact has no " + name);
            }
            return in.readAllBytes();
        }
    }

    /** The float initialisers under Hugging Face's names. A matrix that the export has named by a number has the name of the product it is in, and is transposed. */
    private static Map<String, Tensor> tensors(UnknownFieldSet model) throws IOException {
        UnknownFieldSet graph = message(model.getField(GRAPH).getLengthDelimitedList().get(0));
        Map<String, String> products = new HashMap<>(); // of an initialiser
        for (ByteString bytes : graph.getField(NODE).getLengthDelimitedList()) {
            UnknownFieldSet node = message(bytes);
            if (text(node, NODE_OPERATION).equals("MatMul")) {
                for (ByteString input : node.getField(NODE_INPUT).getLengthDelimitedList()) {
                    products.put(input.toStringUtf8(), text(node, NODE_NAME));
                }
            }
        }
        Map<String, Tensor> tensors = new TreeMap<>();
        for (ByteString bytes : graph.getField(INITIALIZER).getLengthDelimitedList()) {
            UnknownFieldSet initializer = message(bytes);
            String name = text(initializer, NAME_OF_TENSOR);
            if (initializer.getField(DATA_TYPE).getVarintList().get(0) != FLOAT) {
                continue; // position_ids, and shapes
            }
            Tensor tensor = tensor(initializer);
            if (name.startsWith("onnx::MatMul_")) {
                // "/encoder/layer.0/attention/self/query/MatMul"
                String product = products.get(name);
                tensors.put(product.substring(1, product.lastIndexOf('/')).replace('/', '.') + ".weight", transposed(tensor));
            } else {
                tensors.put(name, tensor);
            }
        }
        return tensors;
    }

    private static Tensor tensor(UnknownFieldSet initializer) {
        UnknownFieldSet.Field dimensions = initializer.getField(DIMENSIONS);
        long[] shape = dimensions.getVarintList().stream().mapToLong(Long::longValue).toArray();
        if (shape.length == 0 && !dimensions.getLengthDelimitedList().isEmpty()) { // packed
            shape = packed(dimensions.getLengthDelimitedList().get(0));
        }
        UnknownFieldSet.Field raw = initializer.getField(RAW_DATA);
        ByteString values = (raw.getLengthDelimitedList().isEmpty() ? initializer.getField(FLOAT_DATA) : raw).getLengthDelimitedList().get(0);
        return new Tensor(shape, values.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    private static long[] packed(ByteString varints) {
        java.util.stream.LongStream.Builder numbers = java.util.stream.LongStream.builder();
        long number = 0;
        int shift = 0;
        for (byte part : varints) {
            number |= (part & 0x7fL) << shift;
            shift += 7;
            if (part >= 0) {
                numbers.add(number);
                number = 0;
                shift = 0;
            }
        }
        return numbers.build().toArray();
    }

    private static Tensor transposed(Tensor tensor) {
        int rows = (int) tensor.shape()[0];
        int columns = (int) tensor.shape()[1];
        FloatBuffer from = tensor.values().asFloatBuffer();
        ByteBuffer to = ByteBuffer.allocate(rows * columns * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                to.putFloat(from.get(row * columns + column));
            }
        }
        return new Tensor(new long[] {columns, rows}, to.flip());
    }

    private static void writeSafetensors(Map<String, Tensor> tensors, Path file) throws IOException {
        JsonObject header = new JsonObject();
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            int size = entry.getValue().values().remaining();
            JsonObject description = new JsonObject();
            description.addProperty("dtype", "F32");
            description.add("shape", array(entry.getValue().shape()));
            description.add("data_offsets", array(offset, offset + size));
            header.add(entry.getKey(), description);
            offset += size;
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
            out.write(text);
            for (Tensor tensor : tensors.values()) {
                byte[] values = new byte[tensor.values().remaining()];
                tensor.values().duplicate().get(values);
                out.write(values);
            }
        }
    }

    private static JsonArray array(long... numbers) {
        JsonArray array = new JsonArray();
        for (long number : numbers) {
            array.add(number);
        }
        return array;
    }

    private static UnknownFieldSet message(ByteString bytes) throws IOException {
        return UnknownFieldSet.parseFrom(bytes);
    }

    private static String text(UnknownFieldSet message, int field) {
        List<ByteString> values = message.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? "" : values.get(0).toStringUtf8();
    }
}
