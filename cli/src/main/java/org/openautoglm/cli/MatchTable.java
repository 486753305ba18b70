package org.openautoglm.cli;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.openautoglm.Logits;

/** Shows one picture's texts, best first: probability, bar, logit, text. Plain ASCII where the terminal knows nothing else. */
final class MatchTable {
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    private final boolean unicode;
    private final boolean cut;
    private final int width;

    MatchTable(Console console) {
        this.unicode = console.isUnicode();
        this.cut = console.outIsTerminal();
        this.width = console.width();
    }

    /**
     * Writes the picture's name and a line per text.
     *
     * @param row of the picture in {@code logits}
     * @param top lines at most
     */
    void write(Appendable out, String picture, List<String> texts, Logits logits, int row, int top) throws IOException {
        int bar = width >= 72 ? 20 : width >= 50 ? 10 : 0;
        out.append(line(picture, width)).append('\n');
        List<Integer> order = IntStream.range(0, texts.size()).boxed()
            .sorted(Comparator.comparing((Integer text) -> -logits.get(row, text))).limit(top).toList();
        for (int text : order) {
            float probability = logits.probability(row, text);
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "  %6.2f %%", 100 * probability));
            if (bar > 0) {
                line.append("  ").append(bar(probability, bar));
            }
            line.append(String.format(Locale.ROOT, "  %8.3f  ", logits.get(row, text)));
            line.append(line(texts.get(text).isEmpty() ? "(empty text)" : texts.get(text), width - line.length()));
            out.append(line).append('\n');
        }
    }

    /** A bar of {@code length} columns, {@code share} of it filled. */
    private String bar(float share, int length) {
        int eighths = Math.round(Math.min(1, Math.max(0, share)) * length * 8);
        if (!unicode) {
            int full = Math.round(eighths / 8f);
            return "#".repeat(full) + ".".repeat(length - full);
        }
        String full = "█".repeat(eighths / 8);
        return eighths / 8 == length ? full : full + EIGHTHS.charAt(eighths % 8) + " ".repeat(length - eighths / 8 - 1);
    }

    /** Text as a terminal can show it, cut to {@code columns} when there is a terminal. */
    private String line(String text, int columns) {
        String clean = Problems.oneLine(text);
        return cut ? TextWidth.cut(clean, Math.max(8, columns), unicode ? "…" : "...") : clean;
    }
}
