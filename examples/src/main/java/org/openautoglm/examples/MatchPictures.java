package org.openautoglm.examples;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.openautoglm.BatchException;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.Logits;
import org.openautoglm.OpenAutoGlm;

/** Names the best of some sentences for each picture: {@code MatchPictures MODEL_FOLDER PICTURE... -- SENTENCE...}. */
public final class MatchPictures {
    private MatchPictures() { }

    /**
     * Runs the example.
     *
     * @param arguments as above
     */
    public static void main(String[] arguments) {
        int divider = Arrays.asList(arguments).indexOf("--");
        if (divider < 2 || divider == arguments.length - 1) {
            System.err.println("usage: MatchPictures MODEL_FOLDER PICTURE... -- SENTENCE...");
            System.exit(2);
        }
        List<Path> pictures = Arrays.stream(arguments, 1, divider).map(Path::of).toList();
        List<String> sentences = List.of(arguments).subList(divider + 1, arguments.length);

        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(Path.of(arguments[0]))) {
            System.out.println("running on " + model.backend());
            Features images = model.encodeImages(pictures.stream().map(ImageInput::of).toList());
            Features texts = model.encodeTexts(sentences);
            Logits logits = model.forward(images, texts);
            for (int i = 0; i < pictures.size(); i++) {
                int best = logits.bestText(i);
                System.out.printf("%s: %s (%.1f %%)%n", pictures.get(i), sentences.get(best), 100 * logits.probability(i, best));
            }
        } catch (BatchException bad) {
            bad.failures().forEach((index, failure) -> System.err.println(failure.getMessage()));
            System.exit(1);
        }
    }
}
