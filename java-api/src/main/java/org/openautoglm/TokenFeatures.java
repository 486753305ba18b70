package org.openautoglm;

import java.nio.FloatBuffer;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.openautoglm.internal.Scorer;

/**
 * The vectors of every token of texts, or of every patch of pictures: for each item a matrix of its own height, on the Java heap, nothing to close. Immutable, safe
 * for any thread. Which vectors they are says {@link ModelInfo#tokens()}; like {@link Features} they carry the hash and precision of the model that made them.
 */
public final class TokenFeatures {
    private final Features.Kind kind;
    private final float[] values; // [offsets[size], dimension]
    private final int[] offsets;  // [size + 1]: the first row of each item, and the number of all
    private final int dimension;
    private final String modelHash;
    private final Precision precision;

    /** Keeps {@code values} and {@code offsets} without a copy. */
    TokenFeatures(Features.Kind kind, float[] values, int[] offsets, int dimension, String modelHash, Precision precision) {
        this.kind = kind;
        this.values = values;
        this.offsets = offsets;
        this.dimension = dimension;
        this.modelHash = modelHash;
        this.precision = precision;
    }

    /**
     * What the vectors are of.
     *
     * @return the kind
     */
    public Features.Kind kind() {
        return kind;
    }

    /**
     * Number of texts or pictures.
     *
     * @return 0 or more
     */
    public int size() {
        return offsets.length - 1;
    }

    /**
     * Number of an item's vectors: a text's tokens, special ones and padding included, or a picture's patches and class token.
     *
     * @param index 0 … size - 1
     * @return 1 or more
     * @throws IndexOutOfBoundsException when there is no such item
     */
    public int tokens(int index) {
        Objects.checkIndex(index, size());
        return offsets[index + 1] - offsets[index];
    }

    /**
     * Floats of one vector.
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
     * The vectors of one item, for {@link Similarity}.
     *
     * @param index 0 … size - 1
     * @return new features, a row for each token
     * @throws IndexOutOfBoundsException when there is no such item
     */
    public Features item(int index) {
        Objects.checkIndex(index, size());
        return new Features(kind, Arrays.copyOfRange(values, offsets[index] * dimension, offsets[index + 1] * dimension), dimension, modelHash, precision);
    }

    /**
     * The vectors of each item.
     *
     * @return an unmodifiable list of {@link #item}, each made when it is asked for
     */
    public List<Features> items() {
        return new AbstractList<>() {
            @Override public Features get(int index) {
                return item(index);
            }

            @Override public int size() {
                return TokenFeatures.this.size();
            }
        };
    }

    /**
     * One vector.
     *
     * @param index 0 … size - 1
     * @param token 0 … tokens(index) - 1
     * @return a new array {@code [dimension]}
     * @throws IndexOutOfBoundsException when there is no such vector
     */
    public float[] vector(int index, int token) {
        Objects.checkIndex(token, tokens(index));
        int row = offsets[index] + token;
        return Arrays.copyOfRange(values, row * dimension, (row + 1) * dimension);
    }

    /**
     * Where each item begins in {@link #asFloatBuffer()}, in rows.
     *
     * @return a new array {@code [size + 1]}, whose last element is the number of all rows
     */
    public int[] offsets() {
        return offsets.clone();
    }

    /**
     * All vectors, without a copy.
     *
     * @return a new read-only view {@code [offsets()[size] * dimension]}, row after row, item after item
     */
    public FloatBuffer asFloatBuffer() {
        return FloatBuffer.wrap(values).asReadOnlyBuffer();
    }

    /**
     * The vectors scaled to Euclidean length 1, so that a dot product is a cosine, as late interaction usually wants it. A zero vector stays zero.
     *
     * @return new features
     */
    public TokenFeatures normalized() {
        return new TokenFeatures(kind, Scorer.normalize(values, dimension), offsets, dimension, modelHash, precision);
    }

    /** A line such as {@code vectors [24] of the 31 tokens of 3 texts, fp32, of model 0123…}. */
    @Override public String toString() {
        return "vectors [" + dimension + "] of the " + offsets[size()] + " tokens of " + size() + (kind == Features.Kind.IMAGE ? " images, " : " texts, ") + precision
            + ", of model " + modelHash;
    }
}
