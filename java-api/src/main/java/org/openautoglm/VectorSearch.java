package org.openautoglm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.openautoglm.internal.NativeStore;

/** The part of a {@link VectorStore} that finds rows. */
abstract class VectorSearch extends StoredVectors {
    VectorSearch(NativeStore store, String description) {
        super(store, description);
    }

    /**
     * The best rows for one vector.
     *
     * @param query {@code [dimension]}
     * @param k how many at most, 1 or more
     * @return best first, equal scores in the order of appending
     * @throws IllegalArgumentException when the query has another length or is not finite, or k is below 1
     * @throws IllegalStateException when the store is closed
     */
    public List<VectorStore.Hit> search(float[] query, int k) {
        return search(query, k, null);
    }

    /**
     * The best rows among some.
     *
     * @param query {@code [dimension]}
     * @param k how many at most, 1 or more
     * @param rows numbers of the rows that may be found; null: all
     * @return best first, equal scores in the order of appending
     * @throws IllegalArgumentException as {@link #search(float[], int)} does
     * @throws IllegalStateException when the store is closed
     */
    public List<VectorStore.Hit> search(float[] query, int k, BitSet rows) {
        if (query.length != dimension()) {
            throw new IllegalArgumentException("query has " + query.length + " floats, but the store's dimension is " + dimension());
        }
        return searchAll(query, k, rows).get(0);
    }

    /**
     * The best rows for each of some features; together they take less time than one after the other.
     *
     * @param queries of the store's model
     * @param k how many at most for each, 1 or more
     * @return a list for each query, best first, equal scores in the order of appending
     * @throws IllegalArgumentException when they are of another model or dimension, or k is below 1
     * @throws IllegalStateException when the store is closed
     */
    public List<List<VectorStore.Hit>> search(Features queries, int k) {
        return search(queries, k, null);
    }

    /**
     * The best rows among some, for each of some features.
     *
     * @param queries of the store's model
     * @param k how many at most for each, 1 or more
     * @param rows numbers of the rows that may be found; null: all
     * @return a list for each query, best first, equal scores in the order of appending
     * @throws IllegalArgumentException when they are of another model or dimension, or k is below 1
     * @throws IllegalStateException when the store is closed
     */
    public List<List<VectorStore.Hit>> search(Features queries, int k, BitSet rows) {
        checkModel(queries, "queries");
        return searchAll(queries.values(), k, rows);
    }

    private List<List<VectorStore.Hit>> searchAll(float[] queries, int k, BitSet rows) {
        if (k < 1) {
            throw new IllegalArgumentException("k is " + k + ": ask for one row at least");
        }
        BitSet filter = rows == null ? null : (BitSet) rows.clone();
        enter();
        try {
            List<List<VectorStore.Hit>> results = new ArrayList<>();
            for (NativeStore.Found found : store.search(queries, k, filter)) {
                String[] ids = store.ids(found.rows());
                List<VectorStore.Hit> hits = new ArrayList<>(ids.length);
                for (int i = 0; i < ids.length; i++) {
                    hits.add(new VectorStore.Hit(ids[i], found.rows()[i], found.scores()[i]));
                }
                results.add(hits);
            }
            return results;
        } finally {
            leave();
        }
    }
}
