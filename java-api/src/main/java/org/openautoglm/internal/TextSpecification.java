package org.openautoglm.internal;

import java.util.Map;

/**
 * What the native side wants of a tokenizer, read from the model folder.
 *
 * @param maxTokens ids a text may have; longer ones are truncated, special tokens kept
 * @param padTo shorter ones are padded to this many; 0: never
 * @param padId what they are padded with
 * @param lowerCase whether to lower-case before the tokenizer.json pipeline
 * @param vocabulary rows of the model's table of tokens: ids are below it
 * @param prompts what is put before a text, by name
 * @param defaultPrompt the name of the one that is put where none is asked for; empty: none
 * @param leavesPromptOut whether the tokens of a prompt are not pooled
 */
public record TextSpecification(int maxTokens, int padTo, int padId, boolean lowerCase, int vocabulary, Map<String, String> prompts, String defaultPrompt,
                                boolean leavesPromptOut) {
    /** Keeps the prompts in the order given. */
    public TextSpecification {
        prompts = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(prompts));
    }

    /** Without prompts, and of any vocabulary. */
    public TextSpecification(int maxTokens, int padTo, int padId, boolean lowerCase) {
        this(maxTokens, padTo, padId, lowerCase, Integer.MAX_VALUE, Map.of(), "", false);
    }

    /** What is put before a text where nothing is asked for. */
    public String unasked() {
        return prompts.getOrDefault(defaultPrompt, "");
    }
}
