package org.openautoglm.internal;

import java.nio.FloatBuffer;
import java.util.List;
import org.openautoglm.ModelException;
import org.openautoglm.bindings.Native;

/** Feeds tokenized texts to the native side, in chunks. */
public final class TextEncoder {
    /** Far more than fill the machine; equal texts within a chunk are computed once. */
    private static final int CHUNK_TEXTS = 1024;

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
        for (int begin = 0; begin < texts.size(); begin += CHUNK_TEXTS) {
            List<String> chunk = texts.subList(begin, Math.min(texts.size(), begin + CHUNK_TEXTS));
            int[][] tokens = new int[chunk.size()][];
            long total = 0;
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = tokenizer.encode(prompt.isEmpty() ? chunk.get(i) : prompt + chunk.get(i));
                requireKnown(model, tokenizer, tokens[i]);
                total += tokens[i].length;
            }
            encodeChunk(model, tokens, total, dimension, begin, target);
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

    private static void encodeChunk(NativeModel model, int[][] tokens, long total, int dimension, int begin, FloatBuffer target) {
        int count = tokens.length;
        FrameLayout layout = new FrameLayout();
        long ids = layout.add(total * Integer.BYTES);
        long offsets = layout.add((count + 1L) * Long.BYTES);
        long rows = layout.add((long) count * dimension * Float.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            long position = 0;
            for (int i = 0; i < count; i++) {
                frame.putLong(offsets + (long) i * Long.BYTES, position);
                for (int id : tokens[i]) {
                    frame.putInt(ids + position++ * Integer.BYTES, id);
                }
            }
            frame.putLong(offsets + (long) count * Long.BYTES, position);
            frame.check(Native.oag_encode_texts(model.address(), frame.at(ids), frame.at(offsets), count, frame.at(rows),
                (long) count * dimension, frame.error(), Frame.ERROR_CAPACITY));
            target.put(begin * dimension, frame.floats(rows, (long) count * dimension), 0, count * dimension);
        }
    }
}
