package org.openautoglm.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.openautoglm.Precision;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the harness; benchmarks/run starts it. */
@Command(name = "benchmarks/run", sortOptions = false, header = "Runs ours beside ONNX Runtime in one process.",
         description = {"", "Each case is checked first (both sides must compute the same), then timed in turn. "
                        + "Rows are appended to OUT.jsonl, and OUT.csv is made from them.", ""})
public final class Main implements Callable<Integer> {
    /** What can be measured. */
    enum Part { IMAGE, TEXT, LONG_TEXT, TEMPLATES, JAVA_CALL, JPEG, LOAD, SENTENCES, SEARCH }

    private static final Set<Part> MAKE_THEIR_OWN = EnumSet.of(Part.SENTENCES, Part.SEARCH);

    @Spec private CommandSpec spec;

    @Option(names = "--models", required = true, paramLabel = "DIR", description = "Folder that tools/reference/bench_models.py wrote.")
    private Path models;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "clip-vit-base-patch32",
            description = "Model folder in it, after which NAME-image.onnx and NAME-text.onnx are named. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--cases", paramLabel = "PART", split = ",", defaultValue = "image,text",
            description = "image, text, long_text, templates, java_call, jpeg, load, search; sentences with --model " + MiniLm.NAME + ". Default: ${DEFAULT-VALUE}.")
    private List<Part> parts;

    @Option(names = "--precision", paramLabel = "FORMAT", defaultValue = "fp32",
            description = "Of our towers: fp32, bf16, int8. With int8 the peer runs NAME-image-int8.onnx, which it quantises dynamically. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of each side. Default: the CPUs that this process may use.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--repetitions", paramLabel = "N", defaultValue = "15", description = "Timed calls of each side. Default: ${DEFAULT-VALUE}.")
    private int repetitions;

    @Option(names = "--warm-up", paramLabel = "N", defaultValue = "3", description = "Calls of each side before them. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(names = "--pictures", paramLabel = "N", defaultValue = "500", description = "JPEG files of the case jpeg. Default: ${DEFAULT-VALUE}.")
    private int pictures;

    @Option(names = "--no-peer", description = "Run ours alone; needs no ONNX files.")
    private boolean noPeer;

    @Option(names = "--out", required = true, paramLabel = "OUT", description = "Where the results go: OUT.jsonl and OUT.csv.")
    private Path out;

    @Option(names = "--note", paramLabel = "TEXT", description = "A remark that goes into every row.")
    private String note;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this.")
    private boolean help;

    private String command;

    /** Runs the harness; the exit code is 0, or 1 when a case failed, or 2 for wrong usage. */
    public static void main(String[] arguments) {
        System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments));
    }

    /** As {@link #main}, without the exit. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        Main main = new Main();
        main.command = shellCommand("benchmarks/run", arguments);
        return new CommandLine(main).setCaseInsensitiveEnumValuesAllowed(true).setOverwrittenOptionsAllowed(true).setOut(out).setErr(err)
            .setParameterExceptionHandler((problem, args) -> {
                err.println("benchmarks: " + problem.getMessage() + " (benchmarks/run --help shows the usage)");
                return 2;
            })
            .setExecutionExceptionHandler((problem, commandLine, parsed) -> {
                err.println("benchmarks: " + (problem instanceof RuntimeException || problem.getMessage() == null ? problem : problem.getMessage()));
                return 1;
            })
            .execute(arguments);
    }

    /** Measures all cases. */
    @Override public Integer call() throws Exception {
        requireAtLeastOne("--threads", threads);
        requireAtLeastOne("--repetitions", repetitions);
        requireAtLeastOne("--warm-up", warmUp);
        requireAtLeastOne("--pictures", pictures);
        Setup setup = new Setup(models, model, threads, !noPeer, precision);
        if (!Files.isDirectory(setup.folder()) && !MAKE_THEIR_OWN.containsAll(parts)) {
            throw new NoSuchFileException(setup.folder() + " is no model folder. Make the models with: python tools/reference/bench_models.py "
                + models + " (see benchmarks/README.md)");
        }
        ResultFiles results = new ResultFiles(out);
        int refused = 0;
        try (NativeRuntime runtime = new NativeRuntime(threads)) {
            SideBySide sideBySide = new SideBySide(repetitions, warmUp, 20, new HardwarePeak(runtime::measurePeak));
            // The property is set by benchmarks/run.
            Machine machine = Machine.here(System.getProperty("openautoglm.source"));
            for (Part part : parts) {
                try (Suite suite = open(part, setup, runtime)) {
                    for (Case measured : suite.cases()) {
                        refused += measure(measured, sideBySide, machine, results) ? 0 : 1;
                    }
                }
            }
        }
        return refused == 0 ? 0 : 1;
    }

    private Suite open(Part part, Setup setup, NativeRuntime runtime) throws Exception {
        return switch (part) {
            case IMAGE -> new ImageTowerSuite(setup, runtime);
            case TEXT -> new TextTowerSuite(setup);
            case LONG_TEXT -> new LongTextSuite(setup);
            case JAVA_CALL -> new JavaCallSuite(setup, runtime);
            case JPEG -> new JpegSuite(setup, runtime, pictures);
            case SENTENCES -> new SentenceSuite(setup);
            case SEARCH -> new SearchSuite(setup);
            case LOAD -> new LoadSuite(setup, runtime);
            case TEMPLATES -> new TemplatesSuite(setup);
        };
    }

    /** Whether the case gave a row. */
    private boolean measure(Case measured, SideBySide sideBySide, Machine machine, ResultFiles results) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        out.println(measured.title());
        try {
            Row row = Row.of(measured, sideBySide.measure(measured), machine, threads, command, note);
            results.add(row);
            out.println("  " + summary(row));
            return true;
        } catch (Agreement.Disagreement refusal) {
            spec.commandLine().getErr().println("benchmarks: no row for " + measured.title() + ": " + refusal.getMessage());
            return false;
        }
    }

    private static String summary(Row row) {
        String ours = String.format(Locale.ROOT, "ours %.1f ms, median %.1f (%.1f %s/s, %.0f %% of the peak of %.0f GFLOP/s)", row.ours_min_ms(),
            row.ours_median_ms(), row.ours_items_per_second(), row.unit(), row.ours_percent_of_peak(), row.peak_gflops());
        return row.peer() == null ? ours : ours + String.format(Locale.ROOT, "; %s %.1f ms, median %.1f (%.0f %% of the peak); ratio %.2f",
            row.peer(), row.peer_min_ms(), row.peer_median_ms(), row.peer_percent_of_peak(), row.ratio())
            + (row.ours_peak_memory_mib() == null ? "" : String.format(Locale.ROOT, "; memory %.0f and %.0f MiB", row.ours_peak_memory_mib(), row.peer_peak_memory_mib()));
    }

    /** The line that starts this again, for a POSIX shell. */
    public static String shellCommand(String program, String... arguments) {
        StringBuilder line = new StringBuilder(program);
        for (String argument : arguments) {
            boolean plain = argument.matches("[\\w./:=,@%+-]+");
            line.append(' ').append(plain ? argument : "'" + argument.replace("'", "'\\''") + "'");
        }
        return line.toString();
    }

    private void requireAtLeastOne(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " is " + value + ", but must be at least 1");
        }
    }
}
