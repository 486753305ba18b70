package org.openautoglm;

import java.nio.file.Path;

/**
 * Facts about a loaded model.
 *
 * @param family the architecture, such as {@code clip}
 * @param folder it was loaded from
 * @param hash 32 hexadecimal digits over configuration, weights and tokenizer.json: equal models, equal hash. With another tokenizer a text
 *     has other ids, and so another embedding
 * @param embedding which vector the embedding is, such as {@code mean of the tokens, length 1}
 * @param embeddingSize floats of an embedding
 * @param hasImageTower whether it encodes pictures
 * @param hasTextTower whether it encodes texts
 * @param imageWidth pixels that a picture is brought to; 0 without an image tower
 * @param imageHeight pixels that a picture is brought to; 0 without an image tower
 * @param maxTextTokens token ids of a text, special tokens included; what is longer is cut off
 * @param vocabularySize number of token ids
 * @param parameterCount numbers in the weights
 * @param scores what the probabilities of {@link OpenAutoGlm#forward(Features, Features)} are
 */
public record ModelInfo(String family, Path folder, String hash, String embedding, int embeddingSize, boolean hasImageTower, boolean hasTextTower,
                        int imageWidth, int imageHeight, int maxTextTokens, int vocabularySize, long parameterCount, Scores scores) { }
