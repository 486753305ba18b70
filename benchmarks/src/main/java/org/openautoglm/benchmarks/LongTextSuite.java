package org.openautoglm.benchmarks;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;

/**
 * Whether a long text takes linear time: a million characters in one text, beside the same number in eight texts of an eighth each. Both sides are
 * ours. A ratio near 1 is linear; work that grew with the square of a text's length would give an eighth.
 */
final class LongTextSuite implements Suite {
    private static final int CHARACTERS = 1_000_000;
    private static final int PIECES = 8;
    private static final String PHRASE = "a large red circle, a small blue square; "; // a model keeps a text's beginning, which is the same on both sides

    private final OpenAutoGlm model;
    private final List<Case> cases;

    /** Loads the model. */
    LongTextSuite(Setup setup) throws IOException {
        model = setup.load(Precision.FP32);
        try {
            ClipOperations operations = ClipOperations.of(setup.folder());
            Contender whole = side(Setup.OURS, texts(1), operations);
            Contender pieces = side(Setup.OURS + ", " + PIECES + " texts", texts(PIECES), operations);
            cases = List.of(new Case("long text", setup.model(), "fp32", 1, "million characters",
                "ours: one text; peer: ourselves, as many characters in " + PIECES + " texts", whole, pieces));
        } catch (IOException | RuntimeException | Error failure) {
            model.close();
            throw failure;
        }
    }

    private static List<String> texts(int pieces) {
        int length = CHARACTERS / pieces;
        return Collections.nCopies(pieces, PHRASE.repeat(length / PHRASE.length() + 1).substring(0, length));
    }

    /** Equal texts are tokenized each, but go through the tower once: so each side executes one full text's operations. */
    private Contender side(String name, List<String> texts, ClipOperations operations) {
        Contender.Call call = () -> model.encodeTexts(texts).vector(0);
        return new Contender(name, OpenAutoGlm.version(), model.backend().description(), call, operations.textsByOurs(new int[] {model.info().maxTextTokens()}));
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        model.close();
    }
}
