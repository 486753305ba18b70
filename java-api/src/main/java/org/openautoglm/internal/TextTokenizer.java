package org.openautoglm.internal;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.openautoglm.ModelException;

/** A model's tokenizer.json: texts to ids as the model was trained, offline. Safe for any thread until it is closed. */
public final class TextTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;
    private final TextSpecification specification;

    private TextTokenizer(HuggingFaceTokenizer tokenizer, TextSpecification specification) {
        this.tokenizer = tokenizer;
        this.specification = specification;
    }

    /**
     * Loads a tokenizer.
     *
     * @throws ModelException when the file is not there or not a tokenizer
     * @throws org.openautoglm.UnavailableException when the tokenizer library cannot be loaded
     */
    public static TextTokenizer load(Path file, TextSpecification specification) {
        String maxTokens = Integer.toString(specification.maxTokens());
        Map<String, String> options = Map.of(
            "addSpecialTokens", "true",
            "padding", "false",             // by default to the longest of a batch
            "truncation", "true",           // keeps the special tokens at both ends
            "maxLength", maxTokens,
            "modelMaxLength", maxTokens,    // caps maxLength, by default at 512
            "stride", "0");
        TokenizerLibrary.ensureLoaded();
        try {
            byte[] json = Files.readAllBytes(file);
            requireJson(file, json);
            return new TextTokenizer(HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options), specification);
        } catch (IOException | RuntimeException cause) {
            if (cause instanceof ModelException) {
                throw (ModelException) cause;
            }
            throw new ModelException(file + ": the tokenizer cannot be loaded: " + cause.getMessage(), cause);
        }
    }

    /** The tokenizer library ends the process at some files that are cut off: so it sees none. */
    private static void requireJson(Path file, byte[] json) throws IOException {
        try (Reader reader = new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8)) {
            if (!new Gson().getAdapter(JsonElement.class).fromJson(reader).isJsonObject()) {
                throw new ModelException(file + ": is not a JSON object; a tokenizer.json is one");
            }
        } catch (EOFException | MalformedJsonException | JsonParseException cause) {
            throw new ModelException(file + ": is not valid JSON: it is cut off or damaged; fetch it again", cause);
        }
    }

    /**
     * The token ids of a text, special tokens included, under the text specification.
     *
     * @param text valid UTF-16, as {@link #loneSurrogate} tells
     */
    public int[] encode(String text) {
        String input = specification.lowerCase() ? text.toLowerCase(Locale.ROOT) : text;
        long[] ids = tokenizer.encode(input).getIds();
        int[] result = new int[Math.max(ids.length, specification.padTo())];
        Arrays.fill(result, ids.length, result.length, specification.padId());
        for (int i = 0; i < ids.length; i++) {
            result[i] = (int) ids[i];
        }
        return result;
    }

    /**
     * The position of the first half surrogate pair, which stands for no character and would be turned into garbage ids.
     *
     * @return a char index, or -1 when the text is valid
     */
    public static int loneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isHighSurrogate(unit) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(unit)) {
                return i;
            }
        }
        return -1;
    }

    @Override public void close() {
        tokenizer.close();
    }
}
