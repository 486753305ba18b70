package org.openautoglm.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Distinct sentences of ordinary length, the same for the same number. */
final class Sentences {
    private static final List<String> WHO = List.of("The committee", "A small dog", "My neighbour", "The search engine", "An old fisherman", "The new model", "Nobody",
        "Every student", "The river", "A tired engineer");
    private static final List<String> DOES = List.of("compared", "never mentioned", "quietly repaired", "bought", "described", "lost", "measured", "waited for",
        "painted", "explained");
    private static final List<String> WHAT = List.of("the broken radio", "a long report about renewable energy", "the recipe for lentil soup", "two tickets to Lisbon",
        "the history of the printing press", "an unusual kind of butterfly", "the results of the second experiment", "a letter from the bank", "the old stone bridge",
        "several images of distant galaxies");
    private static final List<String> WHEN = List.of("", " yesterday", " before the meeting began", ", although it was raining", " in the summer of 1987",
        " for the third time this week, because nobody else would", " with remarkable patience", " at the edge of the village", " without telling anyone",
        ", and then went home to cook dinner for the whole family");

    private Sentences() { }

    /** {@code count} of them, up to ten thousand. */
    static List<String> make(int count) {
        Random random = new Random(20260401);
        Set<String> sentences = new LinkedHashSet<>();
        while (sentences.size() < count) {
            sentences.add(pick(WHO, random) + " " + pick(DOES, random) + " " + pick(WHAT, random) + pick(WHEN, random) + ".");
        }
        return new ArrayList<>(sentences);
    }

    private static String pick(List<String> words, Random random) {
        return words.get(random.nextInt(words.size()));
    }
}
