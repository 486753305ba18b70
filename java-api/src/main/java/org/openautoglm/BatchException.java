package org.openautoglm;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Some items of a batch are bad. The others are done and not lost: {@link #finished()} has their embeddings. Thrown for a batch of one, too,
 * so that there is one rule. The cause is the first failure, the other ones are suppressed exceptions.
 */
public class BatchException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    private final transient SortedMap<Integer, OpenAutoGlmException> failures;
    private final transient Features finished;
    private final transient TokenFeatures finishedTokens;
    private final transient int[] finishedIndices;

    /**
     * @param what the name of the list, for the message
     * @param size of the whole batch
     * @param failures by index, not empty
     * @param finished rows of the other items in order; null when they went into the caller's buffer, and for tokens
     * @param finishedTokens of the other items in order; null but for tokens
     */
    BatchException(String what, int size, SortedMap<Integer, OpenAutoGlmException> failures, Features finished, TokenFeatures finishedTokens) {
        super(message(what, size, failures), failures.get(failures.firstKey()));
        this.failures = Collections.unmodifiableSortedMap(new TreeMap<>(failures));
        this.finished = finished;
        this.finishedTokens = finishedTokens;
        this.finishedIndices = new int[size - failures.size()];
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (!failures.containsKey(i)) {
                finishedIndices[count++] = i;
            }
        }
        failures.values().stream().skip(1).forEach(this::addSuppressed);
    }

    private static String message(String what, int size, SortedMap<Integer, OpenAutoGlmException> failures) {
        int first = failures.firstKey();
        String text = what + "[" + first + "]: " + failures.get(first).getMessage();
        return size == 1 ? text : failures.size() + " of " + size + " " + what + " failed, the first is " + text;
    }

    /**
     * What went wrong, by index in the caller's list.
     *
     * @return in ascending order, never empty, unmodifiable
     */
    public SortedMap<Integer, OpenAutoGlmException> failures() {
        return failures;
    }

    /**
     * The embeddings of the items that are not bad: row k belongs to item {@code finishedIndices()[k]} of the caller's list.
     *
     * @return possibly of size 0; null when the call wrote into the caller's buffer, where the rows of good items are done and those of bad items are
     *     zero, and when it was for tokens
     */
    public Features finished() {
        return finished;
    }

    /**
     * The vectors of the tokens of the items that are not bad, in the order of {@link #finishedIndices()}.
     *
     * @return possibly of size 0; null unless {@link OpenAutoGlm#encodeImageTokens} threw this
     */
    public TokenFeatures finishedTokens() {
        return finishedTokens;
    }

    /**
     * The indices of the items that are done.
     *
     * @return ascending; a new array
     */
    public int[] finishedIndices() {
        return finishedIndices.clone();
    }
}
