package org.openautoglm.benchmarks;

/**
 * The size of a transformer tower with an MLP of two layers, and the operations its blocks execute. A multiply-add is two operations.
 * Only matrix products and attention's two products are counted: norms, softmax and activations are below 1 % of the work and
 * are not what the peak is a peak of.
 *
 * @param width of a row
 * @param mlpWidth of the MLP's middle
 * @param blocks one after another
 */
record TransformerSize(long width, long mlpWidth, long blocks) {
    /**
     * One block over all its rows: queries, keys and values, attention, output, MLP.
     *
     * @param rows over all sequences
     * @param pairs of a query and a key it sees, over all sequences
     */
    long fullBlock(long rows, long pairs) {
        return 2 * rows * width * (3 * width) + attention(pairs) + afterAttention(rows);
    }

    /**
     * A block whose output is wanted for some rows alone: keys and values of all rows, everything else of those.
     *
     * @param rows over all sequences
     * @param wanted rows whose output is computed
     * @param pairs of a wanted query and a key it sees
     */
    long lastBlock(long rows, long wanted, long pairs) {
        return 2 * rows * width * (2 * width) + 2 * wanted * width * width + attention(pairs) + afterAttention(wanted);
    }

    /** Scores and mixing, {@code width} multiply-adds each for a pair, whatever the number of heads. */
    private long attention(long pairs) {
        return 2 * pairs * width + 2 * pairs * width;
    }

    private long afterAttention(long rows) {
        return 2 * rows * width * width + 2 * rows * width * mlpWidth + 2 * rows * mlpWidth * width;
    }
}
