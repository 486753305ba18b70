package org.openautoglm.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A command that was run in this JVM.
 *
 * @param exitCode of the process it would have been
 * @param out standard output
 * @param err standard error
 */
record Run(int exitCode, String out, String err) {
    static final Path MODELS = Path.of(System.getProperty("openautoglm.testdata"), "models");
    static final String MODEL = MODELS.resolve("tiny-clip").toString();
    static final String PICTURE = MODELS.resolve("pictures/landscape.jpg").toString();
    static final String GRAY = MODELS.resolve("pictures/gray.jpg").toString();

    /** Not at a terminal. */
    static Run of(String... arguments) {
        return with("", StandardCharsets.UTF_8, false, 80, arguments);
    }

    static Run with(String input, Charset charset, boolean terminal, int width, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.run(arguments, console(input, out, err, charset, terminal, width));
        return new Run(exitCode, out.toString(charset), err.toString(charset));
    }

    static Console console(String input, OutputStream out, OutputStream err, Charset charset, boolean terminal, int width) {
        return new Console(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), out, new PrintStream(err, true, charset), terminal, terminal,
            width, charset);
    }

    /** Standard output as one JSON object. */
    JsonObject json() {
        return JsonParser.parseString(out).getAsJsonObject();
    }

    /** Standard output as JSON lines. */
    List<JsonObject> jsonLines() {
        return out.lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }
}
