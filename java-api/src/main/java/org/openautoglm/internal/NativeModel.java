package org.openautoglm.internal;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.openautoglm.bindings.Native;

/**
 * A loaded native model: its address, what it says about itself, and the runtime it lives in. Safe for any thread; whoever owns it sees
 * to it that {@link #close} comes once and after the last call.
 */
public final class NativeModel implements AutoCloseable {
    private final SharedRuntime runtime;
    private final long address;
    private final Facts facts;
    private final TextSpecification text;

    /**
     * The fields of {@code oag_model_info} and the model's strings. Enums are the C values.
     *
     * @param device an {@code oag_device}
     * @param isa an {@code oag_isa}
     * @param precision an {@code oag_precision}
     * @param leastImageCosine with fp32; NaN without image tower
     * @param leastTextCosine with fp32; NaN without text tower
     * @param threads compute threads
     * @param embeddingSize floats of an embedding
     * @param imageWidth pixels the image tower takes
     * @param imageHeight pixels the image tower takes
     * @param hasImageTower whether pictures can be encoded
     * @param hasTextTower whether texts can be encoded
     * @param vocabularySize number of token ids
     * @param parameterCount numbers in the weights
     * @param scores an {@code oag_scores}
     * @param family such as clip
     * @param folder as given
     * @param tokenizerFile path of tokenizer.json, or empty
     * @param hash over config and weights
     * @param backend one line
     * @param backendReason why this backend
     * @param embedding which vector the embedding is
     * @param madeTokenizer text of a tokenizer.json made of vocab.txt, or of vocab.json and merges.txt, or empty
     * @param tokens which vectors those of tokens are, or empty
     * @param imageTokens vectors of a picture
     * @param imageTokenSize floats in each
     * @param textTokenSize floats in each vector of a text
     */
    public record Facts(int device, int isa, int precision, double leastImageCosine, double leastTextCosine, int threads, int embeddingSize,
                        int imageWidth, int imageHeight, boolean hasImageTower, boolean hasTextTower, int vocabularySize, long parameterCount,
                        int scores, String family, String folder, String tokenizerFile, String hash, String backend, String backendReason, String embedding,
                        String madeTokenizer, String tokens, int imageTokens, int imageTokenSize, int textTokenSize) { }

    private NativeModel(SharedRuntime runtime, long address) {
        this.runtime = runtime;
        this.address = address;
        FrameLayout layout = new FrameLayout();
        long info = layout.add(Native.sizeof_oag_model_info);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.clear(info, Native.sizeof_oag_model_info);
            frame.putInt(info, Native.sizeof_oag_model_info);
            frame.check(Native.oag_model_get_info(address, frame.at(info), frame.error(), Frame.ERROR_CAPACITY));
            JsonObject prompts = JsonParser.parseString(string(Native.OAG_STRING_PROMPTS)).getAsJsonObject();
            Map<String, String> byName = new LinkedHashMap<>();
            prompts.getAsJsonObject("prompts").entrySet().forEach(prompt -> byName.put(prompt.getKey(), prompt.getValue().getAsString()));
            this.text = new TextSpecification(
                frame.getInt(info + Native.offsetof_oag_model_info_text_max_tokens),
                frame.getInt(info + Native.offsetof_oag_model_info_text_pad_to),
                frame.getInt(info + Native.offsetof_oag_model_info_text_pad_id),
                frame.getInt(info + Native.offsetof_oag_model_info_text_lower_case) != 0,
                frame.getInt(info + Native.offsetof_oag_model_info_vocabulary_size),
                byName, prompts.get("default").getAsString(),
                frame.getInt(info + Native.offsetof_oag_model_info_text_leaves_prompt_out) != 0);
            this.facts = new Facts(
                frame.getInt(info + Native.offsetof_oag_model_info_device),
                frame.getInt(info + Native.offsetof_oag_model_info_isa),
                frame.getInt(info + Native.offsetof_oag_model_info_precision),
                Double.longBitsToDouble(frame.getLong(info + Native.offsetof_oag_model_info_least_image_cosine)),
                Double.longBitsToDouble(frame.getLong(info + Native.offsetof_oag_model_info_least_text_cosine)),
                frame.getInt(info + Native.offsetof_oag_model_info_threads),
                frame.getInt(info + Native.offsetof_oag_model_info_embedding_size),
                frame.getInt(info + Native.offsetof_oag_model_info_image_width),
                frame.getInt(info + Native.offsetof_oag_model_info_image_height),
                frame.getInt(info + Native.offsetof_oag_model_info_has_image_tower) != 0,
                frame.getInt(info + Native.offsetof_oag_model_info_has_text_tower) != 0,
                frame.getInt(info + Native.offsetof_oag_model_info_vocabulary_size),
                frame.getLong(info + Native.offsetof_oag_model_info_parameter_count),
                frame.getInt(info + Native.offsetof_oag_model_info_scores),
                string(Native.OAG_STRING_FAMILY),
                string(Native.OAG_STRING_FOLDER),
                string(Native.OAG_STRING_TOKENIZER),
                string(Native.OAG_STRING_HASH),
                string(Native.OAG_STRING_BACKEND),
                string(Native.OAG_STRING_BACKEND_REASON),
                string(Native.OAG_STRING_EMBEDDING),
                string(Native.OAG_STRING_MADE_TOKENIZER),
                string(Native.OAG_STRING_TOKENS),
                frame.getInt(info + Native.offsetof_oag_model_info_image_tokens),
                frame.getInt(info + Native.offsetof_oag_model_info_image_token_size),
                frame.getInt(info + Native.offsetof_oag_model_info_text_token_size));
        }
    }

    /**
     * Loads a model folder.
     *
     * @param folder of the default file system
     * @param options of the runtime
     * @param model precision and pooling
     */
    public static NativeModel load(Path folder, RuntimeOptions options, ModelOptions model) {
        NativeLibrary.ensureLoaded();
        SharedRuntime runtime = SharedRuntime.acquire(options);
        long address = 0;
        try {
            address = load(runtime, folder, model);
            return new NativeModel(runtime, address);
        } catch (RuntimeException | Error failure) {
            Native.oag_model_close(address); // 0 is allowed
            runtime.release();
            throw failure;
        }
    }

    private static long load(SharedRuntime runtime, Path folder, ModelOptions model) {
        byte[] path = folder.toString().getBytes(StandardCharsets.UTF_8);
        FrameLayout layout = new FrameLayout();
        long options = model.reserve(layout);
        long out = layout.add(Long.BYTES);
        long name = layout.add(path.length + 1L);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            model.write(frame, options);
            frame.putLong(out, 0);
            frame.putString(name, path);
            frame.check(Native.oag_model_load(runtime.address(), frame.at(name), frame.at(options), frame.at(out), frame.error(),
                Frame.ERROR_CAPACITY));
            return frame.getLong(out);
        }
    }

    /**
     * Measures the precisions of a folder's model.
     *
     * @return the JSON of {@code oag_check_precisions}
     */
    public static String check(Path folder, RuntimeOptions options, ModelOptions model) {
        NativeLibrary.ensureLoaded();
        SharedRuntime runtime = SharedRuntime.acquire(options);
        try {
            byte[] path = folder.toString().getBytes(StandardCharsets.UTF_8);
            FrameLayout layout = new FrameLayout();
            long struct = model.reserve(layout);
            long name = layout.add(path.length + 1L);
            long json = layout.add(Native.OAG_CHECK_CAPACITY);
            try (Frame frame = FramePool.SHARED.lease(layout.size())) {
                model.write(frame, struct);
                frame.putString(name, path);
                frame.check(Native.oag_check_precisions(runtime.address(), frame.at(name), frame.at(struct), frame.at(json), Native.OAG_CHECK_CAPACITY, 0,
                    frame.error(), Frame.ERROR_CAPACITY));
                return frame.getString(json, Native.OAG_CHECK_CAPACITY);
            }
        } finally {
            runtime.release();
        }
    }

    /** The operations per second that the model's threads reach together in registers in its precision. */
    public double measurePeak() {
        FrameLayout layout = new FrameLayout();
        long out = layout.add(Double.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.check(Native.oag_measure_peak_of(runtime.address(), facts.precision(), frame.at(out), frame.error(), Frame.ERROR_CAPACITY));
            return Double.longBitsToDouble(frame.getLong(out));
        }
    }

    /** The operations of the products and attention that encoding so much takes. */
    public double countOperations(long images, long texts, long tokensPerText) {
        FrameLayout layout = new FrameLayout();
        long out = layout.add(Double.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.check(Native.oag_count_operations(address, images, texts, tokensPerText, frame.at(out), frame.error(), Frame.ERROR_CAPACITY));
            return Double.longBitsToDouble(frame.getLong(out));
        }
    }

    private String string(int which) {
        return NativeLibrary.text(0, (frame, out, capacity, needed) ->
            Native.oag_model_get_string(address, which, out, capacity, needed, frame.error(), Frame.ERROR_CAPACITY));
    }

    /** What the model says about itself. */
    public Facts facts() {
        return facts;
    }

    /** What it wants of a tokenizer. */
    public TextSpecification textSpecification() {
        return text;
    }

    /** What its runtime was made with. */
    public RuntimeOptions options() {
        return runtime.options();
    }

    /** The fields of {@code oag_prefix_statistics}, from lookups to evictions. */
    public long[] prefixStatistics() {
        FrameLayout layout = new FrameLayout();
        long statistics = layout.add(Native.sizeof_oag_prefix_statistics);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.clear(statistics, Native.sizeof_oag_prefix_statistics);
            frame.putInt(statistics, Native.sizeof_oag_prefix_statistics);
            frame.check(Native.oag_model_get_prefix_statistics(address, frame.at(statistics), frame.error(), Frame.ERROR_CAPACITY));
            return new long[] {
                frame.getLong(statistics + Native.offsetof_oag_prefix_statistics_lookups),
                frame.getLong(statistics + Native.offsetof_oag_prefix_statistics_hits),
                frame.getLong(statistics + Native.offsetof_oag_prefix_statistics_rows_saved),
                frame.getLong(statistics + Native.offsetof_oag_prefix_statistics_bytes),
                frame.getLong(statistics + Native.offsetof_oag_prefix_statistics_entries),
                frame.getLong(statistics + Native.offsetof_oag_prefix_statistics_evictions)};
        }
    }

    /** Pixels that a picture may have. */
    long maxImagePixels() {
        return runtime.options().maxImagePixels();
    }

    /** The {@code oag_model}. */
    long address() {
        return address;
    }

    /** Frees the model, and the runtime if this was its last one. */
    @Override public void close() {
        Native.oag_model_close(address);
        runtime.release();
    }
}
