package org.openautoglm.lucene;

import java.util.Objects;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.openautoglm.Features;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;

/**
 * A vector field of a Lucene index that holds one model's embeddings, scaled to length 1 and compared by their cosine. Lucene finds neighbours approximately, in graphs
 * (HNSW); {@link org.openautoglm.VectorStore} searches exactly, without Lucene. Immutable, safe for any thread.
 *
 * <pre>{@code
 * LuceneFeatures field = LuceneFeatures.of("picture", model);
 * document.add(field.field(model.encodeImages(pictures), 0));
 * TopDocs best = searcher.search(field.query(model.encodeTexts("a cat"), 0, 10), 10);
 * }</pre>
 *
 * <p>Lucene's score of a hit is (1 + cosine) / 2. Documents that are deleted or updated, and those that a filter leaves out, are not found. Each segment of the index says which
 * model its vectors are of, and a query of another model's fails. Lucene's default codec takes vectors of 1024 floats at most: for longer ones give the
 * {@code IndexWriterConfig} a codec whose {@code KnnVectorsFormat.getMaxDimensions} says so.
 */
public final class LuceneFeatures {
    /** Attributes of the field in every segment. */
    static final String MODEL = "openautoglm.model";
    static final String PRECISION = "openautoglm.precision";

    private final String name;
    private final String modelHash;
    private final Precision precision;

    private LuceneFeatures(String name, String modelHash, Precision precision) {
        this.name = name;
        this.modelHash = modelHash;
        this.precision = precision;
    }

    /**
     * The field for a model's embeddings.
     *
     * @param name of the field in the index
     * @param model whose features it takes, and no other's
     * @return makes fields and queries
     */
    public static LuceneFeatures of(String name, OpenAutoGlm model) {
        return of(name, model.info().hash(), model.backend().precision());
    }

    /**
     * The field for the embeddings of a model that is not at hand.
     *
     * @param name of the field in the index
     * @param modelHash {@link org.openautoglm.ModelInfo#hash()} of the model
     * @param precision {@link org.openautoglm.Backend#precision()} of the model
     * @return makes fields and queries
     */
    public static LuceneFeatures of(String name, String modelHash, Precision precision) {
        return new LuceneFeatures(Objects.requireNonNull(name, "name"), Objects.requireNonNull(modelHash, "modelHash"), Objects.requireNonNull(precision, "precision"));
    }

    /**
     * A document's field with one embedding.
     *
     * @param features raw or normalised
     * @param row which of them
     * @return a field to add to a document
     * @throws IllegalArgumentException when the features are of another model or precision, or the embedding is zero or not finite
     * @throws IndexOutOfBoundsException when there is no such row
     */
    public KnnFloatVectorField field(Features features, int row) {
        float[] vector = unit(features, row);
        FieldType type = new FieldType(KnnFloatVectorField.createFieldType(vector.length, VectorSimilarityFunction.DOT_PRODUCT));
        type.putAttribute(MODEL, modelHash);
        type.putAttribute(PRECISION, precision.name());
        type.freeze();
        return new KnnFloatVectorField(name, vector, type);
    }

    /**
     * A query for the nearest documents. When it runs, it throws an {@code IllegalArgumentException} in an index whose field holds vectors of another model or precision.
     *
     * @param features raw or normalised
     * @param row which of them
     * @param k how many to find
     * @return the query
     * @throws IllegalArgumentException as {@link #field} does, or when k is below 1
     * @throws IndexOutOfBoundsException when there is no such row
     */
    public KnnFloatVectorQuery query(Features features, int row, int k) {
        return query(features, row, k, null);
    }

    /**
     * A query for the nearest documents among those that pass a filter: k of them, where there are so many.
     *
     * @param features raw or normalised
     * @param row which of them
     * @param k how many to find
     * @param filter null: none
     * @return the query
     * @throws IllegalArgumentException as {@link #field} does, or when k is below 1
     * @throws IndexOutOfBoundsException when there is no such row
     */
    public KnnFloatVectorQuery query(Features features, int row, int k, Query filter) {
        if (k < 1) {
            throw new IllegalArgumentException("k is " + k + ": ask for one document at least");
        }
        return new ModelQuery(name, unit(features, row), k, filter, modelHash, precision.name());
    }

    private float[] unit(Features features, int row) {
        if (!modelHash.equals(features.modelHash()) || precision != features.precision()) {
            throw new IllegalArgumentException("features is " + features + ", but field " + name + " holds those of model " + modelHash + " in " + precision
                + ": they do not compare");
        }
        float[] vector = Features.of(features.kind(), features.vector(row), features.dimension(), modelHash, precision).normalized().vector(0);
        boolean zero = true;
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException("row " + row + " of the features is not finite");
            }
            zero &= value == 0;
        }
        if (zero) {
            throw new IllegalArgumentException("row " + row + " of the features is zero, which has no direction to search in");
        }
        return vector;
    }
}
