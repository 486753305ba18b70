package org.openautoglm;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main method in a JVM of its own, for what belongs to a whole process: its heap limit, its traps, its end. */
public final class ChildJvm implements AutoCloseable {
    /** As a backstop: a machine may be busy with other things. */
    private static final int MINUTES = 10;

    private final Process process;
    private final File output;

    /**
     * How it ended.
     *
     * @param exitCode of the process; 128 and the number of a signal that ended it
     * @param output standard output and error together
     */
    public record Result(int exitCode, String output) { }

    private ChildJvm(Process process, File output) {
        this.process = process;
        this.output = output;
    }

    /** The command line of a child, to be run as it is or by another program. Later options go before earlier ones. */
    static List<String> command(Class<?> main, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-Dopenautoglm.testdata=" + TestData.ROOT);
        command.add("-Dopenautoglm.cache=" + System.getProperty("openautoglm.cache", System.getProperty("java.io.tmpdir")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    /** Starts a command, with additions to this process's environment. */
    static ChildJvm start(List<String> command, Map<String, String> environment) throws IOException {
        File output = File.createTempFile("child", ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start(), output);
    }

    /** Runs a command to its end. */
    static Result run(List<String> command) throws IOException, InterruptedException {
        try (ChildJvm child = start(command, Map.of())) {
            return child.await();
        }
    }

    /**
     * Runs to the end.
     *
     * @param environment added to this process's
     * @param options of the JVM
     * @param arguments of the program
     */
    public static Result run(Class<?> main, Map<String, String> environment, List<String> options, String... arguments) throws IOException, InterruptedException {
        try (ChildJvm child = start(command(main, options, arguments), environment)) {
            return child.await();
        }
    }

    Process process() {
        return process;
    }

    /** What it has printed so far, without the JVM's word that JAVA_TOOL_OPTIONS is set where these tests run. */
    String output() throws IOException {
        return Files.readString(output.toPath(), StandardCharsets.UTF_8).replaceAll("(?m)^Picked up \\w+:.*\\R", "");
    }

    /** Waits for its end. */
    Result await() throws IOException, InterruptedException {
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            throw new IOException("no end after " + MINUTES + " minutes: " + output());
        }
        return new Result(process.exitValue(), output());
    }

    /** Ends it if it still runs. */
    @Override public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
        output.delete();
    }
}
