package org.openautoglm.internal;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.openautoglm.Calibration;
import org.openautoglm.bindings.Native;

/** Similarities and calibrations, computed natively. Large ones use the threads of a runtime, small ones the calling thread. */
public final class Comparer {
    private static final long CHUNK_FLOATS = 4L << 20;
    /** Multiply-adds that are worth waking other threads for: some 100 µs of one. */
    private static final long LARGE = 2L << 20;

    private Comparer() { }

    private interface Call {
        void run(long runtime);
    }

    private static void withRuntime(double multiplyAdds, Call call) {
        NativeLibrary.ensureLoaded();
        if (multiplyAdds < LARGE) {
            call.run(0);
            SharedRuntime.trimIfUnused();
            return;
        }
        SharedRuntime runtime = SharedRuntime.acquire(RuntimeOptions.defaults());
        try {
            call.run(runtime.address());
        } finally {
            runtime.release();
        }
    }

    /** Metric is an {@code oag_metric}; a and b are [n, width]. */
    public static float[][] similarity(int metric, float[] a, float[] b, int width) {
        return pairs(a, width, b, width, (frame, runtime, left, count, right, scores) ->
            Native.oag_similarity(runtime, metric, left, count, right, b.length / Math.max(1, width), width, scores, frame.error(), Frame.ERROR_CAPACITY));
    }

    /** The matrix is [aWidth, bWidth]. */
    public static float[][] bilinear(float[] a, int aWidth, float[] matrix, float[] b, int bWidth) {
        FrameLayout layout = new FrameLayout();
        long form = layout.add((long) matrix.length * Float.BYTES);
        try (Frame held = FramePool.SHARED.lease(layout.size())) {
            held.floats(form, matrix.length).put(matrix);
            return pairs(a, aWidth, b, bWidth, (frame, runtime, left, count, right, scores) ->
                Native.oag_bilinear(runtime, left, count, aWidth, held.at(form), right, b.length / bWidth, bWidth, scores, frame.error(), Frame.ERROR_CAPACITY));
        }
    }

    private interface PairFunction {
        int call(Frame frame, long runtime, long a, long aCount, long b, long scores);
    }

    /** Calls a function for parts of a, so that the native memory is bounded by b and a part. */
    private static float[][] pairs(float[] a, int aWidth, float[] b, int bWidth, PairFunction function) {
        if (aWidth == 0 || a.length == 0 || b.length == 0) {
            throw new IllegalArgumentException("there are no vectors to compare");
        }
        int aCount = a.length / aWidth;
        int bCount = b.length / bWidth;
        int step = (int) Math.max(1, Math.min(aCount, CHUNK_FLOATS / ((long) aWidth + bCount)));
        float[][] result = new float[aCount][bCount];
        FrameLayout layout = new FrameLayout();
        long right = layout.add((long) b.length * Float.BYTES);
        long left = layout.add((long) step * aWidth * Float.BYTES);
        long scores = layout.add((long) step * bCount * Float.BYTES);
        withRuntime((double) aCount * b.length, runtime -> {
            try (Frame frame = FramePool.SHARED.lease(layout.size())) {
                frame.floats(right, b.length).put(b);
                for (int begin = 0; begin < aCount; begin += step) {
                    int count = Math.min(step, aCount - begin);
                    frame.floats(left, (long) count * aWidth).put(a, begin * aWidth, count * aWidth);
                    frame.check(function.call(frame, runtime, frame.at(left), count, frame.at(right), frame.at(scores)));
                    FloatBuffer row = frame.floats(scores, (long) count * bCount);
                    for (int i = 0; i < count; i++) {
                        row.get(result[begin + i]);
                    }
                }
            }
        });
        return result;
    }

    /** Documents are each [n, width]. */
    public static float[] maxSimilarity(float[] query, float[][] documents, int width) {
        float[] result = new float[documents.length];
        long total = 0;
        for (float[] document : documents) {
            total += document.length;
        }
        withRuntime((double) total * query.length / width, runtime -> {
            for (int begin = 0; begin < documents.length;) {
                int end = begin;
                long floats = 0;
                do {
                    floats += documents[end++].length;
                } while (end < documents.length && floats + documents[end].length <= CHUNK_FLOATS);
                maxSimilarity(runtime, query, documents, begin, end, floats, width, result);
                begin = end;
            }
        });
        return result;
    }

    private static void maxSimilarity(long runtime, float[] query, float[][] documents, int begin, int end, long floats, int width, float[] result) {
        int count = end - begin;
        FrameLayout layout = new FrameLayout();
        long asked = layout.add((long) query.length * Float.BYTES);
        long all = layout.add(floats * Float.BYTES);
        long offsets = layout.add((count + 1L) * Long.BYTES);
        long scores = layout.add((long) count * Float.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.floats(asked, query.length).put(query);
            FloatBuffer rows = frame.floats(all, floats);
            frame.putLong(offsets, 0);
            for (int i = 0; i < count; i++) {
                if (documents[begin + i].length == 0) {
                    throw new IllegalArgumentException("documents[" + (begin + i) + "] has no vectors: leave it out");
                }
                rows.put(documents[begin + i]);
                frame.putLong(offsets + (i + 1L) * Long.BYTES, rows.position() / width);
            }
            frame.check(Native.oag_max_similarity(runtime, frame.at(asked), query.length / width, frame.at(all), frame.at(offsets), count, width, frame.at(scores),
                frame.error(), Frame.ERROR_CAPACITY));
            frame.floats(scores, count).get(result, begin, count);
        }
    }

    /** Scores and labels of equal length. */
    public static Calibration fitSigmoid(float[] scores, boolean[] labels, boolean withBias) {
        if (scores.length != labels.length) {
            throw new IllegalArgumentException("there are " + scores.length + " scores and " + labels.length + " labels: each score needs one");
        }
        NativeLibrary.ensureLoaded();
        FrameLayout layout = new FrameLayout();
        long values = layout.add((long) scores.length * Float.BYTES);
        long truths = layout.add(labels.length);
        long out = layout.add(Native.sizeof_oag_calibration);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.floats(values, scores.length).put(scores);
            ByteBuffer marks = frame.slice(truths, labels.length);
            for (boolean label : labels) {
                marks.put((byte) (label ? 1 : 0));
            }
            frame.putInt(out, Native.sizeof_oag_calibration);
            frame.check(Native.oag_fit_sigmoid(frame.at(values), frame.at(truths), scores.length, withBias ? 1 : 0, frame.at(out), frame.error(), Frame.ERROR_CAPACITY));
            return read(frame, out);
        }
    }

    /** Rows of equal length. */
    public static Calibration fitSoftmax(float[][] logits, int[] labels) {
        int classes = logits.length == 0 ? 0 : logits[0].length;
        if (logits.length != labels.length) {
            throw new IllegalArgumentException("there are " + logits.length + " rows of logits and " + labels.length + " labels: each row needs one");
        }
        NativeLibrary.ensureLoaded();
        FrameLayout layout = new FrameLayout();
        long values = layout.add((long) logits.length * classes * Float.BYTES);
        long truths = layout.add((long) labels.length * Integer.BYTES);
        long out = layout.add(Native.sizeof_oag_calibration);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            FloatBuffer rows = frame.floats(values, (long) logits.length * classes);
            for (int i = 0; i < logits.length; i++) {
                if (logits[i].length != classes) {
                    throw new IllegalArgumentException("logits[" + i + "] has " + logits[i].length + " classes, but logits[0] has " + classes);
                }
                rows.put(logits[i]);
                frame.putInt(truths + (long) i * Integer.BYTES, labels[i]);
            }
            frame.putInt(out, Native.sizeof_oag_calibration);
            frame.check(Native.oag_fit_softmax(frame.at(values), frame.at(truths), logits.length, classes, frame.at(out), frame.error(), Frame.ERROR_CAPACITY));
            return read(frame, out);
        }
    }

    private static Calibration read(Frame frame, long out) {
        return new Calibration(frame.getDouble(out + Native.offsetof_oag_calibration_scale), frame.getDouble(out + Native.offsetof_oag_calibration_bias),
            frame.getDouble(out + Native.offsetof_oag_calibration_loss_before), frame.getDouble(out + Native.offsetof_oag_calibration_loss_after),
            frame.getDouble(out + Native.offsetof_oag_calibration_error_before), frame.getDouble(out + Native.offsetof_oag_calibration_error_after));
    }
}
