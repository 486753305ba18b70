package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckCommandTest {
    @Test
    void theTableHasALineForEachPrecision() {
        Run run = Run.of("check", "--model", Run.MODEL, "--threads", "2");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals("", run.err());
        List<String> lines = run.out().lines().toList();
        assertTrue(lines.get(0).startsWith("model      " + Run.MODEL + " ("), run.out());
        assertTrue(lines.get(1).matches("runs on    host \\w+, 2 threads"), run.out());
        assertTrue(lines.get(2).matches("samples    6 pictures, the most alike of cosine -?0\\.\\d{6}; 8 texts, the most alike of cosine -?0\\.\\d{6}"), run.out());
        assertTrue(lines.get(4).matches("precision +images: least +mean +texts: least +mean +wanted +verdict"), run.out());
        assertTrue(lines.get(5).matches("fp32 +what the others are measured against"), run.out());
        assertTrue(lines.get(6).matches("bf16 +0\\.999\\d{3} +0\\.999\\d{3} +0\\.999\\d{3} +0\\.999\\d{3} +0\\.999 +accurate.*"), run.out());
        assertTrue(lines.get(7).matches("fp16 +refused: precision fp16: .*"), run.out());
        assertTrue(lines.get(8).matches("int8 +0\\.99\\d{4} +0\\.99\\d{4} +0\\.99\\d{4} +0\\.99\\d{4} +0\\.990 +accurate.*"), run.out());
        assertTrue(lines.get(lines.size() - 1).matches("auto is (fp32|bf16) here\\."), run.out());
    }

    @Test
    void jsonHasTheSame() {
        Run run = Run.of("check", "--model", Run.MODEL, "--json");
        assertEquals(0, run.exitCode(), run.err());
        JsonObject json = run.json();
        assertTrue(json.get("model_hash").getAsString().matches("[0-9a-f]{32}"), run.out());
        JsonArray lines = json.getAsJsonArray("lines");
        assertEquals(4, lines.size());
        assertEquals("bf16", lines.get(1).getAsJsonObject().get("precision").getAsString());
        assertTrue(lines.get(1).getAsJsonObject().getAsJsonObject("images").get("least").getAsDouble() > 0.999);
        assertTrue(lines.get(2).getAsJsonObject().get("refusal").getAsString().contains("fp16"));
    }

    @Test
    void theDefaultModelIsTold() {
        Run run = Run.of("check");
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.err().contains("open-autoglm-demo"), run.err());
        assertTrue(run.out().contains("open-autoglm-demo"), run.out());
    }

    @Test
    void mistakesAreOneLine() {
        for (String[] arguments : new String[][] {{"check", "--model", "/nowhere"}, {"check", "--model", Run.MODEL, "--threads", "0"},
                                                  {"check", "--model", Run.MODEL, "--precision", "int8"}, {"check", "stray"}}) {
            Run run = Run.of(arguments);
            assertEquals(2, run.exitCode(), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
            assertEquals("", run.out());
        }
    }
}
