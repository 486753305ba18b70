package org.openautoglm;

import org.openautoglm.internal.NativeStore;

/** What a {@link VectorStore} is: whose vectors it holds and which features it takes, its sizes and settings. */
abstract class StoredVectors extends NativeObject {
    final NativeStore store;
    private final NativeStore.Settings settings;
    private volatile boolean otherModelsAllowed;

    StoredVectors(NativeStore store, String description) {
        super(description, store::close);
        this.store = store;
        this.settings = store.settings();
    }

    final void letOtherModelsIn() {
        otherModelsAllowed = true;
    }

    /** Refuses features that do not compare with these vectors. */
    final void checkModel(Features features, String name) {
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
    public VectorStore.RowType rowType() {
        return VectorStore.RowType.values()[settings.rowType()];
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
}
