package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What bench prints; how fast that is, no test says. */
class BenchCommandTest {
    @Test
    void theTableHasEachTowerAndBatchInEachPrecision() {
        Run run = Run.of("bench", "--model", Run.MODEL, "--seconds", "0.02", "--threads", "1");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals("", run.err());
        List<String> lines = run.out().lines().toList();
        assertTrue(lines.get(0).startsWith("model    " + Run.MODEL), run.out());
        assertTrue(lines.get(2).matches("runs on  host \\w+, 1 thread"), run.out());
        assertEquals(5 + 3 * 2 * 2, lines.size(), run.out());
        for (String precision : List.of("fp32", "bf16", "int8")) {
            for (String tower : List.of("image", "text")) {
                for (String batch : List.of("1", "8")) {
                    assertEquals(1, lines.stream().filter(line -> line.matches(precision + " +\\d+ +" + tower + " +" + batch + " +\\d.*")).count(), run.out());
                }
            }
        }
    }

    @Test
    void jsonHasNumbersThatFitTogether() {
        Run run = Run.of("bench", "--model", Run.MODEL, "--seconds", "0.02", "--precision", "fp32,int8", "--json");
        assertEquals(0, run.exitCode(), run.err());
        List<String> seen = new ArrayList<>();
        for (JsonElement element : run.json().getAsJsonArray("lines")) {
            JsonObject line = element.getAsJsonObject();
            seen.add(line.get("precision").getAsString());
            double items = line.get("per_second").getAsDouble() * line.get("milliseconds").getAsDouble() / 1e3;
            assertEquals(line.get("batch").getAsInt(), items, 0.2 * line.get("batch").getAsInt(), line.toString()); // rounded to a microsecond
            assertTrue(line.get("percent_of_peak").getAsDouble() >= 0 && line.get("peak_gops").getAsDouble() > 0, line.toString());
        }
        assertEquals(List.of("fp32", "fp32", "fp32", "fp32", "int8", "int8", "int8", "int8"), seen);
    }

    @Test
    void aPrecisionThatIsNotThereIsALineAmongOthers() {
        Run run = Run.of("bench", "--model", Run.MODEL, "--seconds", "0.02", "--precision", "fp16,fp32");
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().lines().anyMatch(line -> line.startsWith("fp16: precision fp16: ")), run.out());
        Run alone = Run.of("bench", "--model", Run.MODEL, "--seconds", "0.02", "--precision", "fp16");
        assertEquals(2, alone.exitCode());
        assertTrue(alone.err().contains("fp16"), alone.err());
    }

    @Test
    void mistakesAreOneLine() {
        for (String[] arguments : new String[][] {{"bench", "--model", "/nowhere"}, {"bench", "--seconds", "0"}, {"bench", "--seconds", "NaN"}, {"bench", "--seconds", "much"},
                                                  {"bench", "--precision", "fp8"}, {"bench", "--threads", "-1"}}) {
            Run run = Run.of(arguments);
            assertEquals(2, run.exitCode(), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
            assertEquals("", run.out());
        }
    }
}
