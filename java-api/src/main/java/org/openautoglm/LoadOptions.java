package org.openautoglm;

import java.util.Objects;
import org.openautoglm.internal.ModelOptions;
import org.openautoglm.internal.RuntimeOptions;

/**
 * How to load a model: where it runs and within which limits. Immutable. Models that were loaded with equal options, but for the
 * precision, whether it may be inaccurate, pooling, and what is kept of texts, share their threads and workspaces.
 *
 * <p>Native memory beside the weights is bounded by {@link Builder#maxPasses} × the workspace of {@link Builder#maxTokens} rows, 3 bytes ×
 * {@link Builder#maxPixelsInFlight}, {@link Builder#prefixCacheBytes}, and 160 MiB and 256 KiB for each calling thread for what is handed over, whatever is called.
 */
public final class LoadOptions {
    /** As Pillow's MAX_IMAGE_PIXELS × 2, above which it refuses. */
    private static final long DEFAULT_MAX_IMAGE_PIXELS = RuntimeOptions.DEFAULT_MAX_IMAGE_PIXELS;
    private static final LoadOptions DEFAULTS = builder().build();

    private final Device device;
    private final Precision precision;
    private final boolean allowInaccurate;
    private final Isa isa;
    private final Pooling pooling;
    private final int threads;
    private final int maxTokens;
    private final int maxPasses;
    private final long maxImagePixels;
    private final long maxPixelsInFlight;
    private final HugePages hugePages;
    private final long prefixCacheBytes;
    private final boolean sharePrefixes;

    private LoadOptions(Builder builder) {
        this.device = builder.device;
        this.precision = builder.precision;
        this.allowInaccurate = builder.allowInaccurate;
        this.isa = builder.isa;
        this.pooling = builder.pooling;
        this.threads = builder.threads;
        this.maxTokens = builder.maxTokens;
        this.maxPasses = builder.maxPasses;
        this.maxImagePixels = builder.maxImagePixels;
        this.maxPixelsInFlight = builder.maxPixelsInFlight;
        this.hugePages = builder.hugePages;
        this.prefixCacheBytes = builder.prefixCacheBytes;
        this.sharePrefixes = builder.sharePrefixes;
    }

    /**
     * The options of {@link OpenAutoGlm#fromPretrained(java.nio.file.Path)}: all automatic.
     *
     * @return the defaults
     */
    public static LoadOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts from the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Where to compute.
     *
     * @return as given, AUTO by default
     */
    public Device device() {
        return device;
    }

    /**
     * The number format.
     *
     * @return as given, AUTO by default
     */
    public Precision precision() {
        return precision;
    }

    /**
     * Whether a precision that is too inaccurate with the model's weights is used all the same.
     *
     * @return as given, false by default
     */
    public boolean allowInaccurate() {
        return allowInaccurate;
    }

    /**
     * The host's instruction set.
     *
     * @return as given, AUTO by default
     */
    public Isa isa() {
        return isa;
    }

    /**
     * How an encoder of texts pools, where its folder does not say.
     *
     * @return as given, DEFAULT by default
     */
    public Pooling pooling() {
        return pooling;
    }

    /**
     * Whether weights and workspaces ask for huge pages.
     *
     * @return as given, AUTO by default
     */
    public HugePages hugePages() {
        return hugePages;
    }

    ModelOptions modelOptions() {
        // For the C ABI 0 is the default and a negative number none.
        return ModelOptions.of(precision.ordinal(), allowInaccurate, pooling.ordinal(), prefixCacheBytes == 0 ? -1 : prefixCacheBytes, !sharePrefixes);
    }

    /**
     * The most memory for what calls computed of beginnings that many texts share.
     *
     * @return bytes, 32 MiB by default; 0: none is kept
     */
    public long prefixCacheBytes() {
        return prefixCacheBytes;
    }

    /**
     * Whether what texts begin with in common is computed once.
     *
     * @return true by default
     */
    public boolean sharePrefixes() {
        return sharePrefixes;
    }

    RuntimeOptions runtimeOptions() {
        return new RuntimeOptions(device.ordinal(), isa.ordinal(), threads, maxTokens, maxPasses, maxImagePixels, maxPixelsInFlight, hugePages.ordinal());
    }

    /** Collects {@link LoadOptions}. For one thread. */
    public static final class Builder {
        private Device device = Device.AUTO;
        private Precision precision = Precision.AUTO;
        private boolean allowInaccurate;
        private Isa isa = Isa.AUTO;
        private Pooling pooling = Pooling.DEFAULT;
        private int threads;
        private int maxTokens;
        private int maxPasses;
        private long maxImagePixels = DEFAULT_MAX_IMAGE_PIXELS;
        private long maxPixelsInFlight;
        private HugePages hugePages = HugePages.AUTO;
        private long prefixCacheBytes = 32L << 20;
        private boolean sharePrefixes = true;

        private Builder() { }

        /**
         * Where to compute. What is not there is refused when the model is loaded, with the reason; only {@link Device#AUTO} falls back.
         *
         * @param device AUTO by default: the environment variable {@code OPENAUTOGLM_DEVICE} if it is set, else the best
         * @return this
         */
        public Builder device(Device device) {
            this.device = Objects.requireNonNull(device, "device");
            return this;
        }

        /**
         * The number format of the matrix products. One that the device does not do is refused when the model is loaded, and so is one that is too
         * inaccurate with the model's weights: see {@link #allowInaccurate}.
         *
         * @param precision AUTO by default: the environment variable {@code OPENAUTOGLM_PRECISION} if it is set, else as {@link Precision#AUTO} says
         * @return this
         */
        public Builder precision(Precision precision) {
            this.precision = Objects.requireNonNull(precision, "precision");
            return this;
        }

        /**
         * Whether a precision is used though its least cosine with fp32 over the built-in samples is below 0.999 (bf16, fp16) or 0.99 (int8). Otherwise
         * the load is refused with what was measured.
         *
         * @param allow false by default; does not concern {@link Precision#AUTO}, which falls back to fp32
         * @return this
         */
        public Builder allowInaccurate(boolean allow) {
            this.allowInaccurate = allow;
            return this;
        }

        /**
         * The host's instruction set. One that the CPU does not have is refused when the model is loaded.
         *
         * @param isa AUTO by default
         * @return this
         */
        public Builder isa(Isa isa) {
            this.isa = Objects.requireNonNull(isa, "isa");
            return this;
        }

        /**
         * How the vectors of a text's tokens become its embedding, for a folder of BERT's kind that has no modules.json. Any other model pools as it was
         * trained, and refuses all but {@link Pooling#DEFAULT}.
         *
         * @param pooling DEFAULT by default
         * @return this
         */
        public Builder pooling(Pooling pooling) {
            this.pooling = Objects.requireNonNull(pooling, "pooling");
            return this;
        }

        /**
         * Compute threads on the host, the calling one included.
         *
         * @param threads 1 or more; by default the CPUs that this process may use
         * @return this
         */
        public Builder threads(int threads) {
            this.threads = (int) positive(threads, "threads");
            return this;
        }

        /**
         * Rows (tokens and image patches) computed in one pass; longer calls are cut into passes. More take more memory.
         *
         * @param maxTokens 1 or more; by default 2048
         * @return this
         */
        public Builder maxTokens(int maxTokens) {
            this.maxTokens = (int) positive(maxTokens, "maxTokens");
            return this;
        }

        /**
         * Passes computed at once, hence workspaces; further callers wait in order.
         *
         * @param maxPasses 1 or more; by default the number of threads, at least 2
         * @return this
         */
        public Builder maxPasses(int maxPasses) {
            this.maxPasses = (int) positive(maxPasses, "maxPasses");
            return this;
        }

        /**
         * Pixels (width × height) that a picture may have. One with more is refused before it is decoded.
         *
         * @param pixels 1 or more; by default 178,956,970, as in Pillow
         * @return this
         */
        public Builder maxImagePixels(long pixels) {
            this.maxImagePixels = positive(pixels, "pixels");
            return this;
        }

        /**
         * Decoded pixels held at once over all calls; further pictures wait. A single picture is always let through.
         *
         * @param pixels 1 or more; by default 64 Mi (each takes 3 bytes)
         * @return this
         */
        public Builder maxPixelsInFlight(long pixels) {
            this.maxPixelsInFlight = positive(pixels, "pixels");
            return this;
        }

        /**
         * Whether weights and workspaces on the host ask for huge pages. The results are the same.
         *
         * @param pages AUTO by default: the environment variable {@code OPENAUTOGLM_HUGE_PAGES} if it is set, else off
         * @return this
         */
        public Builder hugePages(HugePages pages) {
            this.hugePages = Objects.requireNonNull(pages, "pages");
            return this;
        }

        /**
         * The most memory, for each model, that keeps what calls computed of beginnings which many texts share (prompt templates): a later call that begins so computes the
         * rest alone, with the same result. {@link OpenAutoGlm#prefixCacheStatistics} tells what it is worth.
         *
         * @param bytes 0 or more; 32 MiB by default, and 0 keeps none
         * @return this
         */
        public Builder prefixCacheBytes(long bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("bytes is " + bytes + ", but must be at least 0");
            }
            this.prefixCacheBytes = bytes;
            return this;
        }

        /**
         * Whether what texts begin with in common is computed once, in a call and over several. The results are the same either way; without it, calls take longer: to compare
         * with.
         *
         * @param share true by default; false also leaves out the prefix cache
         * @return this
         */
        public Builder sharePrefixes(boolean share) {
            this.sharePrefixes = share;
            return this;
        }

        /**
         * The collected options.
         *
         * @return immutable
         */
        public LoadOptions build() {
            return new LoadOptions(this);
        }

        private static long positive(long value, String name) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " is " + value + ", but must be at least 1");
            }
            return value;
        }
    }
}
