package com.example.consumer;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.Logits;
import org.openautoglm.OpenAutoGlm;

/** Matches a picture with two sentences and compares with what Hugging Face transformers computed. */
public final class Main {
    public static void main(String[] args) throws Exception {
        String expectedModule = args[0];
        Path models = Path.of(args[1], "models");
        Path folder = models.resolve("tiny-clip");

        String module = OpenAutoGlm.class.getModule().isNamed() ? OpenAutoGlm.class.getModule().getName() : "unnamed";
        if (!module.equals(expectedModule)) {
            throw new AssertionError("OpenAutoGlm is in module " + module + ", not in " + expectedModule);
        }

        JsonObject golden = JsonParser.parseString(Files.readString(folder.resolve("golden.json"))).getAsJsonObject();
        Path picture = models.resolve(golden.getAsJsonArray("pictures").get(0).getAsString());
        List<String> texts = List.of(golden.getAsJsonArray("texts").get(0).getAsString(), golden.getAsJsonArray("texts").get(1).getAsString());
        JsonArray expected = golden.getAsJsonArray("logits_per_image").get(0).getAsJsonArray();

        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            Features images = model.encodeImages(List.of(ImageInput.of(picture)));
            Logits logits = model.forward(images, model.encodeTexts(texts));
            for (int text = 0; text < texts.size(); text++) {
                float difference = Math.abs(logits.get(0, text) - expected.get(text).getAsFloat());
                if (!(difference < 1e-3f)) {
                    throw new AssertionError("logit of \"" + texts.get(text) + "\" is " + logits.get(0, text) + ", not " + expected.get(text));
                }
            }
            System.out.println("module " + module + ", " + model.backend() + ": best is \"" + texts.get(logits.bestText(0)) + '"');
        }

        // The model that comes along in a jar of its own, which nothing here names.
        Path shapes = Path.of(args[1], "..", "examples", "pictures", "large-blue-ring.png");
        try (OpenAutoGlm demo = OpenAutoGlm.fromPretrained("open-autoglm-demo")) {
            Logits logits = demo.forward(demo.encodeImages(List.of(ImageInput.of(shapes))), demo.encodeTexts("a small red star", "a large blue ring"));
            if (logits.bestText(0) != 1) {
                throw new AssertionError("the embedded model takes a large blue ring for a small red star");
            }
        }
    }
}
