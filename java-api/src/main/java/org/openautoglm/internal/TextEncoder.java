package org.openautoglm.internal;

import java.nio.FloatBuffer;
import java.util.List;
import org.openautoglm.ModelException;
import org.openautoglm.bindings.Native;

/** Feeds tokenized texts to the native side, in chunks. */
public final class TextEncoder {
    /** Far more than fill the machine; equal texts within a chunk are computed once. */
    private static final int CHUNK_TEXTS = 1024;
    /** Floats of tokens' vectors that one native call gives. */
    private static final long CHUNK_FLOATS = 8L << 20;

    private TextEncoder() { }

    /**
     * Encodes texts to raw embeddings.
     *
     * @param texts valid UTF-16
     * @param prompt put before each
     * @param target receives row i for text i, from its element 0 on (not from its position)
     */
    public static void encode(NativeModel model, TextTokenizer tokenizer, List<String> texts, String prompt, FloatBuffer target) {
        int dimension = model.facts().embeddingSize();
        boolean leftOut = model.textSpecification().leavesPromptOut() && !prompt.isEmpty();
        int promptTokens = leftOut ? tokenizer.promptTokens(prompt) : 0;
        Encoding encoding = (address, ids, offsets, count, out, capacity, error, errorCapacity) ->
            Native.oag_encode_prompted_texts(address, ids, offsets, count, promptTokens, out, capacity, error, errorCapacity);
        for (int begin = 0; begin < texts.size(); begin += CHUNK_TEXTS) {
            int[][] ids = tokenize(model, tokenizer, texts.subList(begin, Math.min(texts.size(), begin + CHUNK_TEXTS)), prompt);
            encodeChunk(model, encoding, ids, 0, ids.length, ids.length * dimension, target, begin * dimension);
        }
    }

    /**
     * The token ids of texts.
     *
     * @param texts valid UTF-16
     * @param prompt put before each
     */
    public static int[][] tokenize(NativeModel model, TextTokenizer tokenizer, List<String> texts, String prompt) {
        int[][] ids = new int[texts.size()][];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = tokenizer.encode(prompt.isEmpty() ? texts.get(i) : prompt + texts.get(i));
            requireKnown(model, tokenizer, ids[i]);
        }
        return ids;
    }

    /**
     * Encodes texts to the vectors of their tokens.
     *
     * @param ids of {@link #tokenize}
     * @param target receives a row for each id, of one text after the other
     */
    public static void encodeTokens(NativeModel model, int[][] ids, FloatBuffer target) {
        int dimension = model.facts().textTokenSize();
        int position = 0;
        for (int begin = 0; begin < ids.length;) {
            int end = begin;
            long floats = 0;
            do {
                floats += (long) ids[end++].length * dimension;
            } while (end < ids.length && end - begin < CHUNK_TEXTS && floats + (long) ids[end].length * dimension <= CHUNK_FLOATS);
            encodeChunk(model, Native::oag_encode_text_tokens, ids, begin, end, (int) floats, target, position);
            position += (int) floats;
            begin = end;
        }
    }

    /** Ids that the model does not have, none at all, and too many special ones are the folder's fault, not the caller's. */
    private static void requireKnown(NativeModel model, TextTokenizer tokenizer, int[] ids) {
        int most = model.textSpecification().maxTokens();
        if (ids.length == 0 || ids.length > most) {
            throw new ModelException(tokenizer.file() + ": gives a text " + ids.length + " tokens, but the model takes 1 … " + most
                + ": its post_processor, which adds special tokens, is missing or another model's; fetch the whole folder again");
        }
        int known = model.facts().vocabularySize();
        for (int id : ids) {
            if (id < 0 || id >= known) {
                throw new ModelException(tokenizer.file() + ": gives a text the token id " + id + ", but the model's ids are 0 … " + (known - 1)
                    + ": it is another model's tokenizer; fetch the whole folder again");
            }
        }
    }

    /** A native function over texts. */
    private interface Encoding {
        int call(long model, long ids, long offsets, long count, long out, long capacity, long error, long errorCapacity);
    }

    /** Texts {@code begin … end}, whose results, {@code floats}, go to the target from {@code position} on. */
    private static void encodeChunk(NativeModel model, Encoding encoding, int[][] texts, int begin, int end, int floats, FloatBuffer target, int position) {
        long total = 0;
        for (int i = begin; i < end; i++) {
            total += texts[i].length;
        }
        int count = end - begin;
        FrameLayout layout = new FrameLayout();
        long ids = layout.add(total * Integer.BYTES);
        long offsets = layout.add((count + 1L) * Long.BYTES);
        long rows = layout.add((long) floats * Float.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            long next = 0;
            for (int i = 0; i < count; i++) {
                frame.putLong(offsets + (long) i * Long.BYTES, next);
                for (int id : texts[begin + i]) {
                    frame.putInt(ids + next++ * Integer.BYTES, id);
                }
            }
            frame.putLong(offsets + (long) count * Long.BYTES, next);
            frame.check(encoding.call(model.address(), frame.at(ids), frame.at(offsets), count, frame.at(rows), floats, frame.error(), Frame.ERROR_CAPACITY));
            target.put(position, frame.floats(rows, floats), 0, floats);
        }
    }
}
