package org.openautoglm;

/** How the vectors of a text's tokens become its embedding, for an encoder of texts whose folder does not say. */
public enum Pooling {
    /** As the folder says; the mean where it says nothing. */
    DEFAULT,
    /** The first token's vector: BERT's {@code [CLS]}. */
    FIRST,
    /** The last token's vector. */
    LAST,
    /** The mean of all. */
    MEAN,
    /** The largest of each dimension. */
    MAX,
    /** The sum of all over the root of their number. */
    MEAN_SQRT_LENGTH,
    /** The mean, in which the i-th token counts i times. */
    WEIGHTED_MEAN
}
