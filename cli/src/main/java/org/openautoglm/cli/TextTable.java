package org.openautoglm.cli;

import java.util.ArrayList;
import java.util.List;

/** A table of short ASCII cells for people: columns as wide as they must be, two spaces between them, the last one ragged. */
final class TextTable {
    private final List<String[]> rows = new ArrayList<>();

    TextTable(String... titles) {
        rows.add(titles);
    }

    /** Adds a row with a cell for each title. */
    void row(String... cells) {
        assert cells.length == rows.get(0).length : cells.length;
        rows.add(cells);
    }

    void appendTo(StringBuilder text) {
        int columns = rows.get(0).length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int column = 0; column < columns; column++) {
                widths[column] = Math.max(widths[column], row[column].length());
            }
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < columns; column++) {
                line.append(row[column]).append(" ".repeat(widths[column] - row[column].length() + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }
}
