/**
 * Matches pictures with sentences, and embeds both, with models in the form that Hugging Face publishes them.
 *
 * <pre>{@code
 * try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(Path.of("clip-vit-base-patch32"))) {
 *     Features images = model.encodeImages(List.of(ImageInput.of(Path.of("cat.jpg"))));
 *     Features texts = model.encodeTexts("a photo of a cat", "a photo of a dog");
 *     Logits logits = model.forward(images, texts);
 *     int best = logits.bestText(0);
 * }
 * }</pre>
 *
 * <p>Everything that goes wrong with files, models, pictures and devices is an {@link org.openautoglm.OpenAutoGlmException}; a wrong argument is an
 * {@link java.lang.IllegalArgumentException} or {@link java.lang.NullPointerException} that names it; the use of a closed model is an
 * {@link java.lang.IllegalStateException}. Nothing here opens a network connection.
 */
package org.openautoglm;
