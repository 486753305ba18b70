package org.openautoglm;

import java.nio.file.FileSystems;
import java.nio.file.Path;
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
public final class VectorStore extends VectorSearch {
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

    private VectorStore(NativeStore store, String description) {
        super(store, description);
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
        letOtherModelsIn();
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

    /** A line such as {@code vector store [512], cosine, fp32 rows}. */
    @Override public String toString() {
        return "vector store [" + dimension() + "], " + metric().name().toLowerCase(java.util.Locale.ROOT) + ", " + rowType().name().toLowerCase(java.util.Locale.ROOT) + " rows";
    }
}
