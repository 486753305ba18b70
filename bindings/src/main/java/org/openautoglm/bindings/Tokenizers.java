package org.openautoglm.bindings;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The Hugging Face tokenizers library, as DJL packs it with functions for Java: these are its own functions, under its own names. DJL's class over the
 * same functions is not used, because it cannot be had without what goes before: a look for CUDA through JNA, which runs programs and starts a
 * thread that keeps the class loader from being collected, a report to a server, and one single try to load whatever lies in a cache.
 *
 * <p>What it throws are {@code ai.djl.engine.EngineException}s. It ends the process where it cannot make a Java object. Any method may be called
 * from any thread, as long as the tokenizer lives.
 */
public final class Tokenizers {
    static {
        Loader.load();
    }

    private Tokenizers() { }

    /**
     * Loads the library; before any other method.
     *
     * @param library its file, which is known to be sound
     * @throws UnsatisfiedLinkError when it cannot be loaded, or is of another release
     */
    public static void bind(Path library) {
        byte[] utf8 = library.toString().getBytes(StandardCharsets.UTF_8);
        long path = Memory.allocate(utf8.length + 1L);
        if (path == 0) {
            throw new OutOfMemoryError("no native memory for a path");
        }
        try {
            ByteBuffer bytes = Memory.view(path, utf8.length + 1L);
            bytes.put(utf8);
            String problem = bind(path);
            if (problem != null) {
                throw new UnsatisfiedLinkError(problem);
            }
        } finally {
            Memory.free(path);
        }
    }

    private static native String bind(long path);

    /**
     * A tokenizer.
     *
     * @param json the contents of a tokenizer.json
     * @return to be given to {@link #deleteTokenizer} exactly once
     */
    public static native long createTokenizerFromString(String json);

    /** Frees a tokenizer. */
    public static native void deleteTokenizer(long tokenizer);

    /** Texts are not padded. */
    public static native void disablePadding(long tokenizer);

    /**
     * Texts are cut off.
     *
     * @param maxLength tokens, special ones included
     * @param strategy {@code LONGEST_FIRST}, which keeps the special tokens at both ends
     * @param stride tokens that pieces of a text share; 0
     */
    public static native void setTruncation(long tokenizer, int maxLength, String strategy, int stride);

    /**
     * Tokenizes.
     *
     * @param text valid UTF-16
     * @return an encoding, to be given to {@link #deleteEncoding} exactly once
     */
    public static native long encode(long tokenizer, String text, boolean addSpecialTokens);

    /** The token ids of an encoding: a new array. */
    public static native long[] getTokenIds(long encoding);

    /** Frees an encoding. */
    public static native void deleteEncoding(long encoding);
}
