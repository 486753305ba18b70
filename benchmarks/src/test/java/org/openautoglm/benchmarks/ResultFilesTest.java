package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFilesTest {
    private static final String NOTE = "two, words; \"quoted\"\nand ä line";

    @TempDir private Path folder;

    private List<CSVRecord> csv() throws IOException {
        try (CSVParser parser = CSVParser.parse(folder.resolve("sub/host.csv"), StandardCharsets.UTF_8,
                CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get())) {
            return parser.getRecords();
        }
    }

    @Test
    void aRowIsOneJsonLineAndOneCsvRecord() throws Exception {
        new ResultFiles(folder.resolve("sub/host")).add(Examples.row(NOTE));
        List<String> lines = Files.readAllLines(folder.resolve("sub/host.jsonl"));
        assertEquals(1, lines.size());
        JsonObject json = JsonParser.parseString(lines.get(0)).getAsJsonObject();
        assertEquals(2, json.get("ratio").getAsDouble());
        assertEquals("1970-01-01T00:00:00Z", json.get("date").getAsString());
        assertEquals(NOTE, json.get("note").getAsString());

        CSVRecord record = csv().get(0);
        assertEquals("2.0", record.get("ratio"));
        assertEquals("40.0", record.get("ours_percent_of_peak"));
        assertEquals("abc1234", record.get("ours_source"));
        assertEquals(NOTE, record.get("note"));
        assertEquals(Row.class.getRecordComponents().length, record.size());
    }

    @Test
    void rowsOfEarlierRunsStay() throws Exception {
        new ResultFiles(folder.resolve("sub/host")).add(Examples.row("first"));
        String before = Files.readString(folder.resolve("sub/host.jsonl"));
        new ResultFiles(folder.resolve("sub/host")).add(Examples.rowAlone());
        assertTrue(Files.readString(folder.resolve("sub/host.jsonl")).startsWith(before));
        assertEquals(List.of(Examples.row("first"), Examples.rowAlone()), new ResultFiles(folder.resolve("sub/host")).rows());
        assertEquals(List.of("first", ""), csv().stream().map(record -> record.get("note")).toList());
        assertEquals(List.of("2.0", ""), csv().stream().map(record -> record.get("ratio")).toList());
    }

    @Test
    void aLineThatIsNoResultIsNamedBeforeAnythingIsMeasured() throws Exception {
        Files.writeString(folder.resolve("host.jsonl"), "{\"date\":\"today\"}\nnonsense\n");
        String message = assertThrows(IOException.class, () -> new ResultFiles(folder.resolve("host"))).getMessage();
        assertTrue(message.contains("host.jsonl line 2 "), message);
    }
}
