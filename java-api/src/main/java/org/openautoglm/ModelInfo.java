package org.openautoglm;

import java.nio.file.Path;
import java.util.List;

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
 * @param tokens which vectors {@link OpenAutoGlm#encodeImageTokens} and {@link OpenAutoGlm#encodeTextTokens(List)} give, such as {@code the tokens behind the last
 *     block}; empty where the model gives none
 * @param imageTokens vectors of a picture's tokens; 0 without an image tower
 * @param imageTokenSize floats in each; 0 without an image tower
 * @param textTokenSize floats in each vector of a text's tokens; 0 without a text tower
 */
public record ModelInfo(String family, Path folder, String hash, String embedding, int embeddingSize, boolean hasImageTower, boolean hasTextTower,
                        int imageWidth, int imageHeight, int maxTextTokens, int vocabularySize, long parameterCount, Scores scores, String tokens, int imageTokens,
                        int imageTokenSize, int textTokenSize) { }
