package org.openautoglm;

import java.util.Objects;
import org.openautoglm.internal.Comparer;

/**
 * Makes probabilities of scores: fitted once on scores whose truth is known, then applied to others of the same model. Of the matches that are given a probability of
 * 0.8, some 80 % are right then, which the raw probabilities of a model rarely promise (Guo et al. 2017). Immutable.
 *
 * @param scale what scores are multiplied with; 1 / scale is the temperature
 * @param bias what is added then; 0 where none was fitted
 * @param lossBefore mean negative log-likelihood of the labels with scale 1 and bias 0
 * @param lossAfter the same with this scale and bias
 * @param errorBefore expected calibration error with scale 1 and bias 0: the mean distance between predicted probability and observed share, over 15 bins
 * @param errorAfter the same with this scale and bias; on the scores it was fitted on, so that on others it is somewhat higher
 */
public record Calibration(double scale, double bias, double lossBefore, double lossAfter, double errorBefore, double errorAfter) {
    /**
     * Fits scale and bias to pairs that belong together or not (Platt 1999): a cosine becomes the probability of a match.
     *
     * @param scores higher for a better match
     * @param labels whether each pair belongs together; both kinds must be there
     * @return the fit
     * @throws IllegalArgumentException when the lengths differ, a score is not finite, one class is missing, or the scores do not rise with the labels
     */
    public static Calibration fit(float[] scores, boolean[] labels) {
        return Comparer.fitSigmoid(scores, labels, true);
    }

    /**
     * Fits the scale alone, so that score 0 stays at probability 0.5; for what a model trained with a sigmoid puts out.
     *
     * @param scores higher for a better match
     * @param labels whether each pair belongs together; both kinds must be there
     * @return the fit, with bias 0
     * @throws IllegalArgumentException as {@link #fit} does
     */
    public static Calibration fitScale(float[] scores, boolean[] labels) {
        return Comparer.fitSigmoid(scores, labels, false);
    }

    /**
     * Fits a temperature to logits of which one is right in each row (Guo et al. 2017), such as {@link Logits#toArray()}.
     *
     * @param logits {@code [rows][classes]}
     * @param labels the right class of each row
     * @return the fit, with bias 0
     * @throws IllegalArgumentException when the shapes do not fit, a logit is not finite, or no finite temperature is best, as when every row is right
     */
    public static Calibration fitTemperature(float[][] logits, int[] labels) {
        Objects.requireNonNull(labels, "labels");
        return Comparer.fitSoftmax(logits, labels);
    }

    /**
     * The temperature that logits are divided by.
     *
     * @return 1 / scale
     */
    public double temperature() {
        return 1 / scale;
    }

    /**
     * How probable a match with this score is.
     *
     * @param score as those it was fitted on
     * @return sigmoid(scale · score + bias), 0 … 1
     */
    public double probability(double score) {
        double x = scale * score + bias;
        return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
    }

    /**
     * How probable each class is.
     *
     * @param logits of one row, one or more
     * @return softmax(scale · logits), a new array that sums to 1
     */
    public double[] probabilities(float[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double[] shares = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < shares.length; i++) {
            shares[i] = Math.exp(scale * (logits[i] - largest));
            sum += shares[i];
        }
        for (int i = 0; i < shares.length; i++) {
            shares[i] /= sum;
        }
        return shares;
    }
}
