package org.openautoglm.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.openautoglm.OpenAutoGlm;

/**
 * Classification by prompts: 1,000 class names in each of 7 templates, in one call. Both sides are ours; the peer computes each text by itself, also what it begins with in
 * common with others.
 */
final class TemplatesSuite implements Suite {
    private static final int CLASSES = 1000;
    private static final int NAME_TOKENS = 3;
    // The seven that CLIP's authors found to be enough for ImageNet.
    private static final List<String> TEMPLATES = List.of("itap of a %s.", "a bad photo of the %s.", "a origami %s.", "a photo of the large %s.", "a %s in a video game.",
        "art of the %s.", "a photo of the small %s.");

    private final OpenAutoGlm sharing;
    private final OpenAutoGlm whole;
    private final List<Case> cases;

    /** Loads the model twice and makes the texts. */
    TemplatesSuite(Setup setup) throws IOException {
        sharing = setup.load(setup.precision());
        try {
            whole = OpenAutoGlm.fromPretrained(setup.folder(), setup.options(setup.precision()).sharePrefixes(false).build());
        } catch (RuntimeException | Error failure) {
            sharing.close();
            throw failure;
        }
        try {
            ClipOperations operations = ClipOperations.of(setup.folder());
            List<String> names = Prompts.withTokens(NAME_TOKENS + 3, CLASSES, sharing::tokenize).stream().map(prompt -> prompt.substring(2)).toList(); // begin, "a", end
            List<String> texts = names.stream().flatMap(name -> TEMPLATES.stream().map(template -> String.format(template, name))).toList();
            int[][] ids = texts.stream().map(sharing::tokenize).toArray(int[][]::new);
            Contender once = side(Setup.OURS, sharing, texts, operations.textsByOurs(ids));
            Contender each = side(Setup.OURS + ", each text by itself", whole, texts, operations.textsByOurs(Stream.of(ids).mapToInt(text -> text.length).toArray()));
            cases = List.of(new Case("prompt templates", setup.model(), setup.precisionName(), texts.size(), "texts",
                CLASSES + " names of " + NAME_TOKENS + " tokens in " + TEMPLATES.size() + " templates, tokenizing timed on both sides", once, each));
        } catch (IOException | RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private static Contender side(String name, OpenAutoGlm model, List<String> texts, long operations) {
        float[] embeddings = new float[texts.size() * model.info().embeddingSize()];
        Contender.Call call = () -> {
            model.encodeTexts(texts, embeddings);
            return embeddings;
        };
        return new Contender(name, OpenAutoGlm.version(), model.backend().description(), call, operations);
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        sharing.close();
        whole.close();
    }
}
