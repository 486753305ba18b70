package org.openautoglm;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.openautoglm.internal.Scorer;

/**
 * Embeddings of pictures or of texts: a dense matrix {@code [size, dimension]} of floats on the Java heap, nothing to close. Immutable, safe for
 * any thread. They carry the hash and precision of the model that made them, because vectors of different models do not compare.
 */
public final class Features {
    /** What the embeddings are of. */
    public enum Kind {
        /** Pictures. */
        IMAGE,
        /** Texts. */
        TEXT
    }

    private final Kind kind;
    private final float[] values; // [size, dimension]
    private final int dimension;
    private final String modelHash;
    private final Precision precision;

    /** Keeps {@code values} without a copy. */
    Features(Kind kind, float[] values, int dimension, String modelHash, Precision precision) {
        this.kind = kind;
        this.values = values;
        this.dimension = dimension;
        this.modelHash = modelHash;
        this.precision = precision;
    }

    /**
     * Makes features of vectors that were stored elsewhere, such as in an index.
     *
     * @param kind what they are of
     * @param values {@code [size, dimension]}, row after row; copied
     * @param dimension floats of a vector
     * @param modelHash {@link ModelInfo#hash()} of the model that made them
     * @param precision {@link Backend#precision()} of that model
     * @return the features
     * @throws IllegalArgumentException when the length of {@code values} is not a multiple of {@code dimension}
     */
    public static Features of(Kind kind, float[] values, int dimension, String modelHash, Precision precision) {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(modelHash, "modelHash");
        Objects.requireNonNull(precision, "precision");
        if (dimension < 1 || values.length % dimension != 0) {
            throw new IllegalArgumentException("values has " + values.length + " floats, which is no number of vectors of dimension "
                + dimension);
        }
        return new Features(kind, values.clone(), dimension, modelHash, precision);
    }

    /**
     * Joins the rows of several features, in order.
     *
     * @param parts of one kind, dimension, model hash and precision
     * @return the features
     * @throws IllegalArgumentException when there are none, or they differ
     */
    public static Features concat(List<Features> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("parts is empty");
        }
        Features first = parts.get(0);
        long total = 0;
        for (int i = 0; i < parts.size(); i++) {
            Features part = parts.get(i);
            if (part.kind != first.kind || part.dimension != first.dimension || part.precision != first.precision
                || !part.modelHash.equals(first.modelHash)) {
                throw new IllegalArgumentException("parts[" + i + "] is " + part + ", but parts[0] is " + first);
            }
            total += part.values.length;
        }
        float[] all = new float[Math.toIntExact(total)];
        int position = 0;
        for (Features part : parts) {
            System.arraycopy(part.values, 0, all, position, part.values.length);
            position += part.values.length;
        }
        return new Features(first.kind, all, first.dimension, first.modelHash, first.precision);
    }

    /**
     * What the embeddings are of.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Number of embeddings.
     *
     * @return 0 or more
     */
    public int size() {
        return values.length / dimension;
    }

    /**
     * Floats of one embedding.
     *
     * @return 1 or more
     */
    public int dimension() {
        return dimension;
    }

    /**
     * The hash of the model that made them.
     *
     * @return as in {@link ModelInfo#hash()}
     */
    public String modelHash() {
        return modelHash;
    }

    /**
     * The precision they were computed in.
     *
     * @return as in {@link Backend#precision()}
     */
    public Precision precision() {
        return precision;
    }

    /**
     * One embedding.
     *
     * @param index 0 … size - 1
     * @return a new array {@code [dimension]}
     * @throws IndexOutOfBoundsException when there is no such embedding
     */
    public float[] vector(int index) {
        Objects.checkIndex(index, size());
        return Arrays.copyOfRange(values, index * dimension, (index + 1) * dimension);
    }

    /**
     * All embeddings.
     *
     * @return a new array {@code [size * dimension]}, row after row
     */
    public float[] toArray() {
        return values.clone();
    }

    /**
     * All embeddings, without a copy.
     *
     * @return a new read-only view {@code [size * dimension]}, row after row
     */
    public FloatBuffer asFloatBuffer() {
        return FloatBuffer.wrap(values).asReadOnlyBuffer();
    }

    /**
     * Writes all embeddings, row after row, at the target's position and moves it behind them.
     *
     * @param target with {@code size * dimension} floats left
     * @throws java.nio.BufferOverflowException when there are fewer
     */
    public void copyTo(FloatBuffer target) {
        target.put(values);
    }

    /**
     * The embeddings scaled to Euclidean length 1, so that a dot product is a cosine. A zero vector stays zero. {@link OpenAutoGlm#forward}
     * does this by itself.
     *
     * @return new features
     */
    public Features normalized() {
        return new Features(kind, Scorer.normalize(values, dimension), dimension, modelHash, precision);
    }

    /** The matrix itself, not to be changed. */
    float[] values() {
        return values;
    }

    /** A line such as {@code 3 image embeddings [512], fp32, of model 0123…}. */
    @Override public String toString() {
        return size() + (kind == Kind.IMAGE ? " image" : " text") + " embeddings [" + dimension + "], " + precision + ", of model "
            + modelHash;
    }
}
