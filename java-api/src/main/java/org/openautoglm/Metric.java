package org.openautoglm;

/** How two vectors are compared. */
public enum Metric { // in the order of oag_metric
    /** The dot product. */
    DOT,
    /** The cosine of the angle between them, whatever their lengths; 0 where one is zero. */
    COSINE,
    /** The Euclidean distance: lower is nearer. */
    EUCLIDEAN
}
