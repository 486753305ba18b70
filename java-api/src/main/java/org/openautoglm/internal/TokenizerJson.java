package org.openautoglm.internal;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openautoglm.ModelException;

/**
 * A value of a tokenizer.json with its place, so that what is wrong is named.
 *
 * @param file for messages
 * @param place such as {@code normalizer.normalizers[1].pattern}
 * @param value null when it is missing
 */
record TokenizerJson(Path file, String place, JsonElement value) {
    /** The most characters of a value that a message shows. */
    private static final int SHOWN = 60;

    /** Missing or null. */
    boolean isAbsent() {
        return value == null || value.isJsonNull();
    }

    boolean isString() {
        return value instanceof JsonPrimitive primitive && primitive.isString();
    }

    boolean isArray() {
        return value instanceof JsonArray;
    }

    /** The member of an object; it may be missing. */
    TokenizerJson get(String key) {
        return new TokenizerJson(file, place.isEmpty() ? key : place + "." + key, object().get(key));
    }

    JsonObject object() {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw fault("a JSON object is expected");
    }

    /** The elements of an array. */
    List<TokenizerJson> elements() {
        if (!(value instanceof JsonArray array)) {
            throw fault("a JSON array is expected");
        }
        List<TokenizerJson> elements = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            elements.add(new TokenizerJson(file, place + "[" + i + "]", array.get(i)));
        }
        return elements;
    }

    String string() {
        if (!isString()) {
            throw fault("a string is expected");
        }
        return value.getAsString();
    }

    /** The refusal of this value. */
    ModelException fault(String expected) {
        String shown = value == null ? "missing" : value.toString();
        return new ModelException(file + ": " + place + " is " + (shown.length() > SHOWN ? shown.substring(0, SHOWN) + "…" : shown) + "; " + expected);
    }
}
