package org.openautoglm.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.openautoglm.ModelException;
import org.openautoglm.bindings.Tokenizers;

/** A model's tokenizer.json: texts to ids as the model was trained, offline. Safe for any thread until it is closed. */
public final class TextTokenizer implements AutoCloseable {
    private static final int OTHER_WORDS = 1024; // strings and classes that it looks for
    private static volatile long[] reserve;      // a field, for the compiler would not allocate what nobody can see

    private final Path file;
    private final AtomicLong tokenizer = new AtomicLong(); // 0 once it is closed
    private final TextSpecification specification;

    private TextTokenizer(Path file, TextSpecification specification) {
        this.file = file;
        this.specification = specification;
    }

    /**
     * Loads a tokenizer.
     *
     * @throws ModelException when the file is not there, not a tokenizer, or of more tokens than the model has
     * @throws org.openautoglm.UnavailableException when the tokenizer library cannot be loaded
     */
    public static TextTokenizer load(Path file, TextSpecification specification) {
        return load(file, () -> TokenizerFile.read(file, Files.readAllBytes(file), specification.vocabulary()), specification);
    }

    /**
     * Loads a tokenizer that was made of another file.
     *
     * @param file what it was made of, for messages
     * @param json the text of a tokenizer.json
     * @throws ModelException when it is not a tokenizer
     * @throws org.openautoglm.UnavailableException when the tokenizer library cannot be loaded
     */
    public static TextTokenizer of(Path file, String json, TextSpecification specification) {
        return load(file, () -> TokenizerFile.read(file, json.getBytes(StandardCharsets.UTF_8), specification.vocabulary()), specification);
    }

    private interface Reading {
        byte[] read() throws IOException;
    }

    private static TextTokenizer load(Path file, Reading reading, TextSpecification specification) {
        TokenizerLibrary.ensureLoaded();
        TextTokenizer result = new TextTokenizer(file, specification);
        try {
            String json = new String(reading.read(), StandardCharsets.UTF_8);
            reserve(specification.maxTokens());
            long tokenizer = Tokenizers.createTokenizerFromString(json);
            result.tokenizer.set(tokenizer);
            // What the file says about length and padding is for other users.
            Tokenizers.disablePadding(tokenizer);
            Tokenizers.setTruncation(tokenizer, specification.maxTokens(), "LONGEST_FIRST", 0);
            return result;
        } catch (ModelException | Error cause) {
            result.close();
            throw cause;
        } catch (IOException | RuntimeException cause) {
            result.close();
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
            reserve(specification.maxTokens());
            long encoding = Tokenizers.encode(tokenizer.get(), input, true);
            try {
                reserve(specification.maxTokens());
                ids = Tokenizers.getTokenIds(encoding);
            } finally {
                Tokenizers.deleteEncoding(encoding);
            }
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

    /**
     * How many of the first ids of a text that begins with a prompt are the prompt's.
     *
     * @param prompt valid UTF-16
     */
    int promptTokens(String prompt) {
        int[] ids = encode(prompt);
        int[] none = encode("");
        boolean ended = none.length > 0 && ids[ids.length - 1] == none[none.length - 1]; // by a token that is put behind every text
        return ended ? ids.length - 1 : ids.length;
    }

    /**
     * Takes as much of the heap as the library is about to, and gives it back. The library ends the process where it cannot make a Java object; so the
     * memory had better run out here.
     */
    private static void reserve(int tokens) {
        reserve = new long[tokens + OTHER_WORDS];
        reserve = null;
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
        long address = tokenizer.getAndSet(0);
        if (address != 0) {
            Tokenizers.deleteTokenizer(address);
        }
    }
}
