package org.openautoglm.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/** Made-up prompts of an exact length in tokens, for any tokenizer. */
final class Prompts {
    private static final String LETTERS = "etaoinshrdlucmfwypvbgkjqxz";
    private static final int MOST_TRIES = 100_000;

    private Prompts() { }

    /**
     * Distinct prompts, the same ones on every call.
     *
     * @param tokens of each prompt, special tokens included
     * @param count of prompts
     * @param tokenize gives a prompt's ids
     * @throws IllegalStateException when the tokenizer makes too few such prompts
     */
    static List<String> withTokens(int tokens, int count, Function<String, int[]> tokenize) {
        Random random = new Random(64);
        Set<String> prompts = new LinkedHashSet<>();
        for (int tries = 0; tries < MOST_TRIES && prompts.size() < count; tries++) {
            StringBuilder prompt = new StringBuilder("a");
            int letters = 1 + random.nextInt(3 * tokens);
            for (int i = 0; i < letters; i++) {
                prompt.append(i % 6 == 0 ? " " : "").append(LETTERS.charAt(random.nextInt(LETTERS.length())));
            }
            if (tokenize.apply(prompt.toString()).length == tokens) {
                prompts.add(prompt.toString());
            }
        }
        if (prompts.size() < count) {
            throw new IllegalStateException("the tokenizer makes only " + prompts.size() + " of " + count + " prompts with " + tokens + " tokens");
        }
        return new ArrayList<>(prompts);
    }
}
