package org.openautoglm.internal;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.openautoglm.ModelException;

/** A model's tokenizer.json: texts to ids as the model was trained, offline. Safe for any thread until it is closed. */
public final class TextTokenizer implements AutoCloseable {
    private final Path file;
    private final HuggingFaceTokenizer tokenizer;
    private final TextSpecification specification;

    private TextTokenizer(Path file, HuggingFaceTokenizer tokenizer, TextSpecification specification) {
        this.file = file;
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
            byte[] json = TokenizerFile.read(file);
            return new TextTokenizer(file, HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options), specification);
        } catch (IOException | RuntimeException cause) {
            if (cause instanceof ModelException) {
                throw (ModelException) cause;
            }
            throw new ModelException(file + ": the tokenizer cannot be loaded: " + cause.getMessage(), cause);
        }
    }

    /**
     * The token ids of a text, special tokens included, under the text specification.
     *
     * @param text valid UTF-16, as {@link #loneSurrogate} tells
     * @throws ModelException when tokenizer.json cannot tokenize it, as when it has an unknown character and no token for such
     */
    public int[] encode(String text) {
        String input = specification.lowerCase() ? text.toLowerCase(Locale.ROOT) : text;
        long[] ids;
        try {
            ids = tokenizer.encode(input).getIds();
        } catch (RuntimeException cause) {
            throw new ModelException(file + ": a text cannot be tokenized with it: " + cause.getMessage(), cause);
        }
        int[] result = new int[Math.max(ids.length, specification.padTo())];
        Arrays.fill(result, ids.length, result.length, specification.padId());
        for (int i = 0; i < ids.length; i++) {
            result[i] = (int) Math.min(ids[i], Integer.MAX_VALUE); // unsigned in the library; no model has so many
        }
        return result;
    }

    /** The tokenizer.json, for messages. */
    Path file() {
        return file;
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
