package org.openautoglm;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main method in a JVM of its own, for what belongs to a whole process: its heap limit, its traps, its end. */
public final class ChildJvm {
    /**
     * How it ended.
     *
     * @param exitCode of the process
     * @param output standard output and error together
     */
    public record Result(int exitCode, String output) { }

    private ChildJvm() { }

    /**
     * Runs to the end.
     *
     * @param environment added to this process's
     * @param options of the JVM
     * @param arguments of the program
     */
    public static Result run(Class<?> main, Map<String, String> environment, List<String> options, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-Dopenautoglm.testdata=" + TestData.ROOT);
        command.add("-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir", System.getProperty("java.io.tmpdir")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        File output = File.createTempFile("child", ".log");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(10, TimeUnit.MINUTES)) {
                process.destroyForcibly().waitFor();
                throw new IOException("no end after ten minutes: " + java.nio.file.Files.readString(output.toPath(), StandardCharsets.UTF_8));
            }
            return new Result(process.exitValue(), java.nio.file.Files.readString(output.toPath(), StandardCharsets.UTF_8));
        } finally {
            output.delete();
        }
    }
}
