package org.openautoglm;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.openautoglm.internal.NativeStore;
import org.openautoglm.internal.RuntimeOptions;

/**
 * Vectors with unique ids, searched exactly: every search reads all rows, and its result is the true one. It holds native memory: close it. Any
 * number of threads may search at once; one that appends or saves waits for them.
 *
 * <p>A store carries the hash and precision of the model whose vectors it holds; features of another one are refused, for their vectors do not compare.
 */
public final class VectorStore extends NativeObject {
    /** What a stored row is made of. */
    public enum RowType { // in the order of oag_row_type
        /** 32-bit floats. */
        FP32,
        /** The upper half of 32-bit floats: half the memory and time, scores within some 0.4 %. */
        BF16,
        /** 8-bit integers with a scale for each row: a quarter of the memory and time, scores within some 1 %. */
        INT8
    }

    /**
     * A row that was found.
     *
     * @param id of the row; a number in decimal digits
     * @param row its number in the store, in the order of appending
     * @param score a dot product, a cosine, or minus the Euclidean distance: higher is better
     */
    public record Hit(String id, long row, float score) {
        /**
         * The id as a number.
         *
         * @return the id
         * @throws NumberFormatException when ids are texts
         */
        public long number() {
            return Long.parseLong(id);
        }
    }

    private final NativeStore store;
    private final NativeStore.Settings settings;
    private volatile boolean otherModelsAllowed;

    private VectorStore(NativeStore store, String description) {
        super(description, store::close);
        this.store = store;
        this.settings = store.settings();
    }

    // ---- making -----------------------------------------------------------------------------------------------------------

    /**
     * A store for a model's embeddings.
     *
     * @param model whose dimension, hash and precision it takes
     * @return a builder
     */
    public static Builder builder(OpenAutoGlm model) {
        return new Builder(model.info().embeddingSize(), model.info().hash(), nameOf(model), model.backend().precision(), model.runtimeOptions());
    }

    /**
     * A store for vectors of no model in particular.
     *
     * @param dimension floats of a vector, 1 … 65536
     * @return a builder
     */
    public static Builder builder(int dimension) {
        return new Builder(dimension, "", "", Precision.AUTO, LoadOptions.defaults().runtimeOptions());
    }

    /** Collects the settings of a new {@link VectorStore}. For one thread. */
    public static final class Builder {
        private final int dimension;
        private final String modelHash;
        private final String modelName;
        private final Precision precision;
        private Metric metric = Metric.COSINE;
        private RowType rowType = RowType.FP32;
        private boolean numbers;
        private RuntimeOptions options;

        private Builder(int dimension, String modelHash, String modelName, Precision precision, RuntimeOptions options) {
            this.dimension = dimension;
            this.modelHash = modelHash;
            this.modelName = modelName;
            this.precision = precision;
            this.options = options;
        }

        /**
         * How rows are compared with a query.
         *
         * @param metric default: cosine, for which vectors may have any length
         * @return this
         */
        public Builder metric(Metric metric) {
            this.metric = Objects.requireNonNull(metric, "metric");
            return this;
        }

        /**
         * What rows are made of.
         *
         * @param rowType default: fp32
         * @return this
         */
        public Builder rowType(RowType rowType) {
            this.rowType = Objects.requireNonNull(rowType, "rowType");
            return this;
        }

        /**
         * Ids are numbers, not texts.
         *
         * @return this
         */
        public Builder numberIds() {
            numbers = true;
            return this;
        }

        /**
         * The threads and instruction set that search. A store shares them with the models that were loaded with equal options.
         *
         * @param options default: those of the builder's model
         * @return this
         */
        public Builder options(LoadOptions options) {
            this.options = options.runtimeOptions();
            return this;
        }

        private NativeStore.Settings settings() {
            return new NativeStore.Settings(dimension, metric.ordinal(), rowType.ordinal(), numbers ? 0 : 1, precision.ordinal(), modelHash, modelName);
        }

        /**
         * Makes an empty store, in memory alone until {@link VectorStore#save}.
         *
         * @return an open store, owned by the caller
         * @throws IllegalArgumentException when the dimension is none that a store can have
         */
        public VectorStore build() {
            return new VectorStore(NativeStore.create(options, settings()), "vector store");
        }

        /**
         * Opens or makes a journal: a file to which each append is added, and on the disk, before it returns. After a crash, at any moment, it is opened again with all that was
         * appended. One process has it open at a time. It is no index: when all rows are there, save the store to a file of its own.
         *
         * @param file of the default file system
         * @return an open store with the rows of the journal, owned by the caller
         * @throws VectorStoreException when the file is not usable, or is the journal of a store with other settings
         */
        public VectorStore journal(Path file) {
            return new VectorStore(NativeStore.openJournal(options, checked(file), settings()), "vector store " + file);
        }
    }

    /**
     * Opens a saved store, whatever its model. The file is read, not mapped, and not open afterwards.
     *
     * @param file that {@link #save} wrote
     * @return an open store, owned by the caller
     * @throws VectorStoreException when the file is missing, damaged, or no saved store
     */
    public static VectorStore open(Path file) {
        return new VectorStore(NativeStore.open(LoadOptions.defaults().runtimeOptions(), checked(file), null), "vector store " + file);
    }

    /**
     * Opens a saved store for a model.
     *
     * @param file that {@link #save} wrote
     * @param model that must be the one whose vectors it holds
     * @return an open store, owned by the caller
     * @throws VectorStoreException when the file is missing, damaged, no saved store, or of another model or precision
     */
    public static VectorStore open(Path file, OpenAutoGlm model) {
        NativeStore.Settings expected = builder(model).settings();
        return new VectorStore(NativeStore.open(model.runtimeOptions(), checked(file), expected), "vector store " + file);
    }

    private static String nameOf(OpenAutoGlm model) {
        Path name = model.info().folder().getFileName();
        return name == null ? model.info().family() : name.toString();
    }

    private static Path checked(Path file) {
        if (Objects.requireNonNull(file, "file").getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException("file is " + file.toUri() + ", but the native side reads and writes the default file system only");
        }
        return file;
    }

    /**
     * Lets features of other models, and of other precisions, be appended and searched for. Their scores mean something only if the models are known to share a space.
     *
     * @return this
     */
    public VectorStore allowOtherModels() {
        otherModelsAllowed = true;
        return this;
    }

    // ---- rows -------------------------------------------------------------------------------------------------------------

    /**
     * Adds rows behind the others: all of them, or when an exception is thrown none. With a journal they are on the disk when this returns.
     *
     * @param ids of the rows, none of them in the store
     * @param rows {@code [ids.size()]}
     * @throws IllegalArgumentException when the numbers of ids and rows differ, an id is there already, a vector is not finite, the dimension or model is another, or ids are
     *     numbers
     * @throws VectorStoreException when the journal cannot be written
     * @throws IllegalStateException when the store is closed
     */
    public void append(List<String> ids, Features rows) {
        checkModel(rows, "rows");
        append(ids, rows.values());
    }

    /**
     * Adds rows behind the others, as {@link #append(List, Features)} does.
     *
     * @param ids of the rows, none of them in the store
     * @param rows {@code [ids.size() * dimension]}, row after row
     */
    public void append(List<String> ids, float[] rows) {
        List<String> checked = Arguments.copy(ids, "ids");
        for (int i = 0; i < checked.size(); i++) {
            Arguments.checkText(checked.get(i), "ids[" + i + "]");
        }
        checkRows(checked.size(), rows.length);
        enter();
        try {
            store.append(checked, rows);
        } finally {
            leave();
        }
    }

    /**
     * Adds rows whose ids are numbers, as {@link #append(List, Features)} does.
     *
     * @param ids of the rows, none of them in the store
     * @param rows {@code [ids.length]}
     */
    public void append(long[] ids, Features rows) {
        checkModel(rows, "rows");
        append(ids, rows.values());
    }

    /**
     * Adds rows whose ids are numbers, as {@link #append(List, Features)} does.
     *
     * @param ids of the rows, none of them in the store
     * @param rows {@code [ids.length * dimension]}, row after row
     */
    public void append(long[] ids, float[] rows) {
        checkRows(ids.length, rows.length);
        enter();
        try {
            store.append(ids, rows);
        } finally {
            leave();
        }
    }

    private void checkRows(int ids, int floats) {
        if (floats != (long) ids * dimension()) {
            throw new IllegalArgumentException("there are " + ids + " ids and " + floats + " floats, but the store's dimension is " + dimension());
        }
    }

    private void checkModel(Features features, String name) {
        if (features.dimension() != dimension()) {
            throw new IllegalArgumentException(name + " is " + features + ", but the store's dimension is " + dimension());
        }
        boolean other = !settings.modelHash().isEmpty()
            && !(settings.modelHash().equals(features.modelHash()) && (precision() == Precision.AUTO || precision() == features.precision()));
        if (other && !otherModelsAllowed) {
            throw new IllegalArgumentException(name + " is " + features + ", but the store holds vectors of model " + settings.modelName() + " (" + settings.modelHash() + ") in "
                + precision() + ": they do not compare; allowOtherModels() lets them in");
        }
    }

    /**
     * Adds the rows of another store whose ids are not in this one, bit for bit. With a journal they are on the disk when this returns.
     *
     * @param other of the same dimension, metric, row type, kind of ids, model and precision; not this one
     * @return how many were added
     * @throws IllegalArgumentException when the stores differ
     * @throws VectorStoreException when the journal cannot be written
     * @throws IllegalStateException when one of them is closed
     */
    public long appendMissing(VectorStore other) {
        if (other == this) {
            throw new IllegalArgumentException("a store cannot be appended to itself");
        }
        enter();
        try {
            other.enter();
            try {
                return store.appendMissing(other.store);
            } finally {
                other.leave();
            }
        } finally {
            leave();
        }
    }

    /**
     * Replaces a file by this store: after a crash at any moment there is the old file or the new one, whole.
     *
     * @param file of the default file system
     * @throws VectorStoreException when it cannot be written; what was there is as before
     * @throws IllegalStateException when the store is closed
     */
    public void save(Path file) {
        checked(file);
        enter();
        try {
            store.save(file);
        } finally {
            leave();
        }
    }

    // ---- search -----------------------------------------------------------------------------------------------------------

    /**
     * The best rows for one vector.
     *
     * @param query {@code [dimension]}
     * @param k how many at most, 1 or more
     * @return best first, equal scores in the order of appending
     * @throws IllegalArgumentException when the query has another length or is not finite, or k is below 1
     * @throws IllegalStateException when the store is closed
     */
    public List<Hit> search(float[] query, int k) {
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
    public List<Hit> search(float[] query, int k, BitSet rows) {
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
    public List<List<Hit>> search(Features queries, int k) {
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
    public List<List<Hit>> search(Features queries, int k, BitSet rows) {
        checkModel(queries, "queries");
        return searchAll(queries.values(), k, rows);
    }

    private List<List<Hit>> searchAll(float[] queries, int k, BitSet rows) {
        if (k < 1) {
            throw new IllegalArgumentException("k is " + k + ": ask for one row at least");
        }
        BitSet filter = rows == null ? null : (BitSet) rows.clone();
        enter();
        try {
            List<List<Hit>> results = new ArrayList<>();
            for (NativeStore.Found found : store.search(queries, k, filter)) {
                String[] ids = store.ids(found.rows());
                List<Hit> hits = new ArrayList<>(ids.length);
                for (int i = 0; i < ids.length; i++) {
                    hits.add(new Hit(ids[i], found.rows()[i], found.scores()[i]));
                }
                results.add(hits);
            }
            return results;
        } finally {
            leave();
        }
    }

    // ---- facts ------------------------------------------------------------------------------------------------------------

    /**
     * The number of an id's row.
     *
     * @param id any
     * @return its row, or -1 when it is not there
     * @throws IllegalArgumentException when ids are numbers
     * @throws IllegalStateException when the store is closed
     */
    public long rowOf(String id) {
        enter();
        try {
            return store.find(id);
        } finally {
            leave();
        }
    }

    /**
     * The number of an id's row.
     *
     * @param id any
     * @return its row, or -1 when it is not there
     * @throws IllegalArgumentException when ids are texts
     * @throws IllegalStateException when the store is closed
     */
    public long rowOf(long id) {
        enter();
        try {
            return store.find(id);
        } finally {
            leave();
        }
    }

    /**
     * The rows that there are.
     *
     * @return 0 or more
     * @throws IllegalStateException when the store is closed
     */
    public long size() {
        enter();
        try {
            return store.rows();
        } finally {
            leave();
        }
    }

    /**
     * Floats of a vector.
     *
     * @return 1 … 65536
     */
    public int dimension() {
        return settings.dimension();
    }

    /**
     * How rows are compared.
     *
     * @return the metric
     */
    public Metric metric() {
        return Metric.values()[settings.metric()];
    }

    /**
     * What rows are made of.
     *
     * @return the type
     */
    public RowType rowType() {
        return RowType.values()[settings.rowType()];
    }

    /**
     * The hash of the model whose vectors it holds.
     *
     * @return as {@link ModelInfo#hash()}, or empty
     */
    public String modelHash() {
        return settings.modelHash();
    }

    /**
     * The precision its vectors were computed in.
     *
     * @return as {@link Backend#precision()}, or {@code AUTO} when it is not told
     */
    public Precision precision() {
        return Precision.values()[settings.precision()];
    }

    /** A line such as {@code vector store [512], cosine, fp32 rows}. */
    @Override public String toString() {
        return "vector store [" + dimension() + "], " + metric().name().toLowerCase(java.util.Locale.ROOT) + ", " + rowType().name().toLowerCase(java.util.Locale.ROOT) + " rows";
    }
}
