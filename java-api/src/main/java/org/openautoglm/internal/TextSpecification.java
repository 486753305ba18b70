package org.openautoglm.internal;

/**
 * What the native side wants of a tokenizer, read from the model folder.
 *
 * @param maxTokens ids a text may have; longer ones are truncated, special tokens kept
 * @param padTo shorter ones are padded to this many; 0: never
 * @param padId what they are padded with
 * @param lowerCase whether to lower-case before the tokenizer.json pipeline
 */
public record TextSpecification(int maxTokens, int padTo, int padId, boolean lowerCase) { }
