package org.openautoglm;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files under testdata/ at the root of the repository. */
final class TestData {
    static final Path ROOT = Path.of(System.getProperty("openautoglm.testdata"));
    static final Path MODELS = ROOT.resolve("models");
    static final Path TINY_CLIP = MODELS.resolve("tiny-clip");
    static final Path LANDSCAPE = MODELS.resolve("pictures/landscape.jpg");

    private TestData() { }

    /** All golden model folders. */
    static List<Path> models() {
        try (Stream<Path> folders = Files.list(MODELS)) {
            List<Path> models = folders.filter(folder -> Files.exists(folder.resolve("golden.json"))).sorted().toList();
            if (models.isEmpty()) {
                throw new IllegalStateException(MODELS + " has no golden models");
            }
            return models;
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    /** An array of an object, empty when it is not there. */
    static JsonArray array(JsonObject object, String key) {
        return object.has(key) ? object.getAsJsonArray(key) : new JsonArray();
    }

    static float[] floats(JsonElement array) {
        JsonArray values = array.getAsJsonArray();
        float[] result = new float[values.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values.get(i).getAsFloat();
        }
        return result;
    }

    static int[] ints(JsonElement array) {
        JsonArray values = array.getAsJsonArray();
        int[] result = new int[values.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values.get(i).getAsInt();
        }
        return result;
    }

    /** The instruction sets that this CPU has. */
    static List<Isa> instructionSets() {
        List<Isa> usable = new ArrayList<>();
        for (JsonElement isa : JsonParser.parseString(OpenAutoGlm.diagnostics()).getAsJsonObject().getAsJsonArray("instruction_sets")) {
            if (isa.getAsJsonObject().get("usable").getAsBoolean()) {
                usable.add(Isa.valueOf(isa.getAsJsonObject().get("name").getAsString().toUpperCase(java.util.Locale.ROOT)));
            }
        }
        return usable;
    }

    /** Cosine of the angle between two vectors, in double. NaN when one of them is zero or not finite. */
    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }
}
