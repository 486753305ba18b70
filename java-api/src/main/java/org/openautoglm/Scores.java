package org.openautoglm;

/** What the probabilities of {@link Logits} are: a model's own, as it was trained. */
public enum Scores {
    /** The model encodes pictures alone, or texts alone: it has no scores. */
    NONE,
    /** The probabilities of an image's texts sum to 1: one of these texts is right (softmax, as CLIP was trained). */
    AMONG_TEXTS,
    /** Each pair has a probability of its own: all texts may be right, or none (sigmoid, as SigLIP was trained). */
    EACH_PAIR
}
