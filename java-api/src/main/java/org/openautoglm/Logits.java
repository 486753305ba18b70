package org.openautoglm;

import java.util.Arrays;
import java.util.Objects;

/**
 * How well each image goes with each text: a dense matrix {@code [images, texts]} on the Java heap. Immutable, safe for any thread.
 */
public final class Logits {
    private final int images;
    private final int texts;
    private final float[] values;        // [images, texts]
    private final float[] probabilities; // [images, texts]

    /** Keeps the arrays without a copy. */
    Logits(int images, int texts, float[] values, float[] probabilities) {
        this.images = images;
        this.texts = texts;
        this.values = values;
        this.probabilities = probabilities;
    }

    /**
     * Number of images, the rows.
     *
     * @return 1 or more
     */
    public int images() {
        return images;
    }

    /**
     * Number of texts, the columns.
     *
     * @return 1 or more
     */
    public int texts() {
        return texts;
    }

    /**
     * The score of one pair, as the model was trained: for CLIP the cosine times the learned temperature, for SigLIP plus the learned bias.
     *
     * @param image 0 … images - 1
     * @param text 0 … texts - 1
     * @return the logit
     * @throws IndexOutOfBoundsException when there is no such pair
     */
    public float get(int image, int text) {
        return values[cell(image, text)];
    }

    /**
     * The scores of one image.
     *
     * @param image 0 … images - 1
     * @return a new array {@code [texts]}
     * @throws IndexOutOfBoundsException when there is no such image
     */
    public float[] row(int image) {
        return row(values, image);
    }

    /**
     * All scores.
     *
     * @return a new array {@code [images][texts]}
     */
    public float[][] toArray() {
        return rows(values);
    }

    /**
     * The text that goes best with an image.
     *
     * @param image 0 … images - 1
     * @return its index; the first of equals
     * @throws IndexOutOfBoundsException when there is no such image
     */
    public int bestText(int image) {
        int begin = cell(image, 0);
        int best = 0;
        for (int text = 1; text < texts; text++) {
            if (values[begin + text] > values[begin + best]) {
                best = text;
            }
        }
        return best;
    }

    /**
     * The image that goes best with a text.
     *
     * @param text 0 … texts - 1
     * @return its index; the first of equals
     * @throws IndexOutOfBoundsException when there is no such text
     */
    public int bestImage(int text) {
        Objects.checkIndex(text, texts);
        int best = 0;
        for (int image = 1; image < images; image++) {
            if (get(image, text) > get(best, text)) {
                best = image;
            }
        }
        return best;
    }

    /**
     * How probable each text is for each image, in the sense of {@link ModelInfo#scores()}: for CLIP each row is the softmax of the row of logits and sums to
     * 1; for SigLIP each value is the sigmoid of its logit, and a row may sum to anything.
     *
     * @return a new array {@code [images][texts]}, values in 0 … 1
     */
    public float[][] probabilities() {
        return rows(probabilities);
    }

    /**
     * How probable one text is for an image, as in {@link #probabilities()}.
     *
     * @param image 0 … images - 1
     * @param text 0 … texts - 1
     * @return 0 … 1
     * @throws IndexOutOfBoundsException when there is no such pair
     */
    public float probability(int image, int text) {
        return probabilities[cell(image, text)];
    }

    private int cell(int image, int text) {
        return Objects.checkIndex(image, images) * texts + Objects.checkIndex(text, texts);
    }

    private float[] row(float[] matrix, int image) {
        int begin = cell(image, 0);
        return Arrays.copyOfRange(matrix, begin, begin + texts);
    }

    private float[][] rows(float[] matrix) {
        float[][] result = new float[images][];
        for (int image = 0; image < images; image++) {
            result[image] = row(matrix, image);
        }
        return result;
    }

    /** A line such as {@code logits [2 images, 3 texts]}. */
    @Override public String toString() {
        return "logits [" + images + " images, " + texts + " texts]";
    }
}
