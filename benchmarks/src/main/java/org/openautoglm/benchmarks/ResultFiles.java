package org.openautoglm.benchmarks;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.io.Writer;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Results as JSON lines, which only grow, and as CSV made from them. For one process at a time. */
final class ResultFiles {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final Path jsonLines;
    private final Path csv;

    /**
     * Names the files, and reads what is there.
     *
     * @param stem {@code STEM.jsonl} and {@code STEM.csv}; the folder is made
     * @throws IOException when the folder cannot be made, or the JSON lines are there and not readable
     */
    ResultFiles(Path stem) throws IOException {
        Path absolute = stem.toAbsolutePath();
        jsonLines = absolute.resolveSibling(absolute.getFileName() + ".jsonl");
        csv = absolute.resolveSibling(absolute.getFileName() + ".csv");
        Files.createDirectories(absolute.getParent());
        rows();
    }

    /** Appends a row to the JSON lines and writes the CSV anew, so that both are whole after every row. */
    void add(Row row) throws IOException {
        Files.writeString(jsonLines, GSON.toJson(row) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        writeCsv(rows());
    }

    /** All rows of the JSON lines, oldest first. */
    List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        if (Files.exists(jsonLines)) {
            List<String> lines = Files.readAllLines(jsonLines);
            for (int i = 0; i < lines.size(); i++) {
                try {
                    rows.add(GSON.fromJson(lines.get(i), Row.class));
                } catch (JsonSyntaxException cause) {
                    throw new IOException(jsonLines + " line " + (i + 1) + " is no result: " + cause.getMessage()
                        + ". Mend it, or give another --out", cause);
                }
            }
        }
        return rows;
    }

    private void writeCsv(List<Row> rows) throws IOException {
        RecordComponent[] columns = Row.class.getRecordComponents();
        CSVFormat format = CSVFormat.RFC4180.builder().setRecordSeparator('\n')
            .setHeader(Arrays.stream(columns).map(RecordComponent::getName).toArray(String[]::new)).get();
        Path written = csv.resolveSibling(csv.getFileName() + ".tmp");
        try (Writer writer = Files.newBufferedWriter(written); CSVPrinter printer = new CSVPrinter(writer, format)) {
            for (Row row : rows) {
                for (RecordComponent column : columns) {
                    printer.print(value(row, column));
                }
                printer.println();
            }
        }
        Files.move(written, csv, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Object value(Row row, RecordComponent column) {
        try {
            return column.getAccessor().invoke(row);
        } catch (ReflectiveOperationException cause) {
            throw new AssertionError(cause); // a record of this package
        }
    }
}
