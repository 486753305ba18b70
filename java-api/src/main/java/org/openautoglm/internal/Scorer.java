package org.openautoglm.internal;

import java.nio.FloatBuffer;
import org.openautoglm.bindings.Native;

/** Arithmetic on embeddings, done natively, in chunks that bound the native memory. */
public final class Scorer {
    private static final long CHUNK_BYTES = 16L << 20;

    private Scorer() { }

    /**
     * Scores every image against every text.
     *
     * @param images [imageCount, dimension]
     * @param texts [textCount, dimension]
     * @param logits receives [imageCount, textCount]
     * @param probabilities receives [imageCount, textCount]
     */
    public static void forward(NativeModel model, float[] images, int imageCount, float[] texts, int textCount,
                               float[] logits, float[] probabilities) {
        int dimension = model.facts().embeddingSize();
        // Images are cut, texts are not: probabilities are over all texts.
        int step = (int) Math.max(1, Math.min(imageCount, CHUNK_BYTES / Float.BYTES / (dimension + 2L * textCount)));
        FrameLayout layout = new FrameLayout();
        long textRows = layout.add((long) textCount * dimension * Float.BYTES);
        long imageRows = layout.add((long) step * dimension * Float.BYTES);
        long scores = layout.add((long) step * textCount * Float.BYTES);
        long shares = layout.add((long) step * textCount * Float.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.floats(textRows, (long) textCount * dimension).put(texts, 0, textCount * dimension);
            for (int begin = 0; begin < imageCount; begin += step) {
                int count = Math.min(step, imageCount - begin);
                int cells = count * textCount;
                frame.floats(imageRows, (long) count * dimension).put(images, begin * dimension, count * dimension);
                frame.check(Native.oag_forward(model.address(), frame.at(imageRows), count, frame.at(textRows), textCount,
                    frame.at(scores), frame.at(shares), frame.error(), Frame.ERROR_CAPACITY));
                frame.floats(scores, cells).get(logits, begin * textCount, cells);
                frame.floats(shares, cells).get(probabilities, begin * textCount, cells);
            }
        }
    }

    /**
     * Scales rows to Euclidean length 1; zero rows stay zero.
     *
     * @param rows [rows.length / width, width]; unchanged
     * @return a new array of the same shape
     */
    public static float[] normalize(float[] rows, int width) {
        NativeLibrary.ensureLoaded();
        float[] result = new float[rows.length];
        int total = rows.length / width;
        int step = (int) Math.max(1, Math.min(total, CHUNK_BYTES / Float.BYTES / width));
        FrameLayout layout = new FrameLayout();
        long area = layout.add((long) step * width * Float.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            for (int begin = 0; begin < total; begin += step) {
                int count = Math.min(step, total - begin);
                FloatBuffer chunk = frame.floats(area, (long) count * width);
                chunk.put(0, rows, begin * width, count * width);
                frame.check(Native.oag_normalize(frame.at(area), count, width, frame.error(), Frame.ERROR_CAPACITY));
                chunk.get(0, result, begin * width, count * width);
            }
        }
        SharedRuntime.trimIfUnused(); // vectors outlive their model
        return result;
    }
}
