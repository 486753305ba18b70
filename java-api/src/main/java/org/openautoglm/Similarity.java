package org.openautoglm;

import java.util.List;
import java.util.Objects;
import org.openautoglm.internal.Comparer;

/**
 * Scores of vectors that the caller holds, computed natively in fp32. A score depends on its two vectors alone. Vectors must be finite; zero vectors have
 * cosine 0. For many searches over the same vectors see {@link VectorStore}; for scores as a model was trained, {@link OpenAutoGlm#forward}.
 */
public final class Similarity {
    private Similarity() { }

    /**
     * All pairs of two sets of features.
     *
     * @param metric how they are compared
     * @param a one or more
     * @param b of the same dimension, one or more
     * @return {@code [a.size()][b.size()]}: dot products, cosines, or Euclidean distances
     * @throws IllegalArgumentException when the dimensions differ, or a vector is not finite
     */
    public static float[][] of(Metric metric, Features a, Features b) {
        if (a.dimension() != b.dimension()) {
            throw new IllegalArgumentException("a has dimension " + a.dimension() + ", but b has " + b.dimension() + ": they are of different models");
        }
        return Comparer.similarity(Objects.requireNonNull(metric, "metric").ordinal(), a.values(), b.values(), a.dimension());
    }

    /**
     * Two vectors.
     *
     * @param metric how they are compared
     * @param a a vector
     * @param b of the same length
     * @return a dot product, cosine, or Euclidean distance
     * @throws IllegalArgumentException when the lengths differ or are 0, or a vector is not finite
     */
    public static float of(Metric metric, float[] a, float[] b) {
        if (a.length != b.length) {
            throw new IllegalArgumentException("a has length " + a.length + ", but b has " + b.length + ": they are of different models");
        }
        return Comparer.similarity(Objects.requireNonNull(metric, "metric").ordinal(), a, b, a.length)[0][0];
    }

    /**
     * A learned bilinear form {@code aᵀ · matrix · b} of all pairs.
     *
     * @param a one or more
     * @param matrix {@code [a.dimension() * b.dimension()]}, row after row
     * @param b one or more
     * @return {@code [a.size()][b.size()]}
     * @throws IllegalArgumentException when the matrix has another size, or something is not finite
     */
    public static float[][] bilinear(Features a, float[] matrix, Features b) {
        if (matrix.length != (long) a.dimension() * b.dimension()) {
            throw new IllegalArgumentException("matrix has " + matrix.length + " floats, but dimensions " + a.dimension() + " and " + b.dimension() + " need "
                + (long) a.dimension() * b.dimension());
        }
        return Comparer.bilinear(a.values(), a.dimension(), matrix, b.values(), b.dimension());
    }

    /**
     * Late interaction (ColBERT, FILIP): the sum, over the query's vectors, of the largest dot product with one of the document's. Normalise both for sums
     * of cosines.
     *
     * @param query a vector for each token or patch, one or more
     * @param documents each with a vector for each of its tokens or patches, one or more, of the query's dimension
     * @return a score for each document
     * @throws IllegalArgumentException when a document is empty or of another dimension, or a vector is not finite
     */
    public static float[] maxSimilarity(Features query, List<Features> documents) {
        List<Features> all = Arguments.copy(documents, "documents");
        float[][] values = new float[all.size()][];
        for (int i = 0; i < values.length; i++) {
            if (all.get(i).dimension() != query.dimension()) {
                throw new IllegalArgumentException("documents[" + i + "] has dimension " + all.get(i).dimension() + ", but the query has " + query.dimension()
                    + ": they are of different models");
            }
            values[i] = all.get(i).values();
        }
        return Comparer.maxSimilarity(query.values(), values, query.dimension());
    }

    /**
     * Late interaction of every query with every document, each being the tokens of a text or the patches of a picture; otherwise as
     * {@link #maxSimilarity(Features, List)}.
     *
     * @param queries one or more
     * @param documents of the same dimension, one or more
     * @return {@code [queries.size()][documents.size()]}
     * @throws IllegalArgumentException when the dimensions differ, or a vector is not finite
     */
    public static float[][] maxSimilarity(TokenFeatures queries, TokenFeatures documents) {
        List<Features> all = documents.items();
        float[][] scores = new float[queries.size()][];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = maxSimilarity(queries.item(i), all);
        }
        return scores;
    }
}
