package org.openautoglm;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.openautoglm.internal.Picture;
import org.openautoglm.internal.TextTokenizer;

/** Checks what callers pass; the messages name the argument and the item. */
final class Arguments {
    private Arguments() { }

    /** What the inputs stand for, in order. */
    static List<Picture.Named> pictures(List<ImageInput> images) {
        List<ImageInput> inputs = notEmpty(images, "images");
        List<Picture.Named> pictures = new ArrayList<>(inputs.size());
        for (ImageInput input : inputs) {
            pictures.add(input.picture());
        }
        return pictures;
    }

    /** The texts, each valid UTF-16. */
    static List<String> texts(List<String> texts) {
        List<String> checked = notEmpty(texts, "texts");
        for (int i = 0; i < checked.size(); i++) {
            checkText(checked.get(i), "texts[" + i + "]");
        }
        return checked;
    }

    /** A copy of the caller's list, which may change meanwhile; without nulls. */
    static <T> List<T> copy(List<T> list, String name) {
        List<T> items = new ArrayList<>(Objects.requireNonNull(list, name));
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) == null) {
                throw new NullPointerException(name + "[" + i + "] is null");
            }
        }
        return items;
    }

    private static <T> List<T> notEmpty(List<T> list, String name) {
        List<T> items = copy(list, name);
        if (items.isEmpty()) {
            throw new IllegalArgumentException(name + " is empty");
        }
        return items;
    }

    /** Refuses text that is not valid UTF-16. */
    static void checkText(String text, String name) {
        int lone = TextTokenizer.loneSurrogate(text);
        if (lone >= 0) {
            throw new IllegalArgumentException(name + " has a lone surrogate (" + String.format("U+%04X", (int) text.charAt(lone)) + ") at char "
                + lone + ", which is half a character: the text was cut or decoded wrongly");
        }
    }

    /** The floats of {@code rows} rows, which are of {@code items} items. */
    static int floats(long rows, int dimension, int items, String name) {
        if (rows * dimension > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(name + " has " + items + " items: more floats than a Java array or buffer holds; pass them in parts");
        }
        return (int) (rows * dimension);
    }

    /** The next {@code length} floats of the caller's buffer, as a view of its own. */
    static FloatBuffer window(FloatBuffer target, int length) {
        Objects.requireNonNull(target, "target");
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("target is read-only: give a buffer that can be written");
        }
        if (target.remaining() < length) {
            throw new IllegalArgumentException("target has room for " + target.remaining() + " floats, but the embeddings have " + length);
        }
        return target.slice(target.position(), length);
    }
}
