package org.openautoglm;

import java.util.List;

/** What a child does that is to show that everything works: it loads, encodes and scores, and prints the result. */
public final class Answer {
    static final int REFUSED = 3;

    private Answer() { }

    /** The answer of a model that works. */
    static String right() {
        return text();
    }

    public static void main(String[] arguments) {
        try {
            run();
        } catch (OpenAutoGlmException refusal) {
            System.out.println("refused with " + refusal.getClass().getSimpleName() + ": " + refusal.getMessage());
            System.exit(REFUSED);
        }
    }

    /** Prints it; for a class loader of its own as well. */
    public static void run() {
        System.out.println(text());
    }

    private static String text() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            Logits logits = model.forward(model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))), model.encodeTexts("a cat", "a dog"));
            return "answer " + logits.get(0, 0) + " " + logits.get(0, 1);
        }
    }
}
