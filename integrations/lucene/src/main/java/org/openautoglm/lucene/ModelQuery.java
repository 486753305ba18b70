package org.openautoglm.lucene;

import java.io.IOException;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;

/** A search for neighbours that looks first whose vectors the index holds: those of two models have cosines, too, and they mean nothing. */
final class ModelQuery extends KnnFloatVectorQuery {
    private final String modelHash;
    private final String precision;

    ModelQuery(String field, float[] target, int k, Query filter, String modelHash, String precision) {
        super(field, target, k, filter);
        this.modelHash = modelHash;
        this.precision = precision;
    }

    @Override public Query rewrite(IndexSearcher searcher) throws IOException {
        for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            FieldInfo field = leaf.reader().getFieldInfos().fieldInfo(getField());
            if (field == null) {
                continue; // no document of this segment has one
            }
            String model = field.getAttribute(LuceneFeatures.MODEL);
            String computedIn = field.getAttribute(LuceneFeatures.PRECISION);
            if (model != null && !(model.equals(modelHash) && precision.equals(computedIn))) { // null: written without LuceneFeatures
                throw new IllegalArgumentException("field " + getField() + " of the index holds vectors of model " + model + " in " + computedIn + ", and the query is of model "
                    + modelHash + " in " + precision + ": they do not compare; make the index anew with this model");
            }
        }
        return super.rewrite(searcher);
    }

    @Override public boolean equals(Object other) {
        return super.equals(other) && other instanceof ModelQuery query && query.modelHash.equals(modelHash) && query.precision.equals(precision);
    }

    @Override public int hashCode() {
        return 31 * super.hashCode() + modelHash.hashCode();
    }
}
