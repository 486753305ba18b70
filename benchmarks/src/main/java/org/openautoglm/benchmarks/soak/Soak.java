package org.openautoglm.benchmarks.soak;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.benchmarks.Machine;
import org.openautoglm.benchmarks.Main;
import org.openautoglm.bindings.Memory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the soak; benchmarks/soak starts it, with a Java heap that is fixed and touched at the start, so that growth is native. */
@Command(name = "benchmarks/soak", sortOptions = false, header = "Very many calls and load/close cycles in one process, and whether it grows.",
         description = {"", "Every result is compared with the bits of a single thread; one call in eight has something bad in it, and each fifth folder is broken. "
                        + "Resident memory goes to a CSV file. The exit code is 0 when it stays flat, and 1 when it grows or a call fails.", ""})
public final class Soak implements Callable<Integer> {
    /** Bytes that a step may add in the long run: a call makes many small blocks, a load many large ones. */
    static final double ALLOWED_PER_CALL = 8;
    static final double ALLOWED_PER_LOAD = 8192;

    @Spec private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model folder; a tiny one makes many calls, such as testdata/models/tiny-clip.")
    private Path model;

    @Option(names = "--calls", paramLabel = "N", defaultValue = "1000000", description = "Encode calls. Default: ${DEFAULT-VALUE}.")
    private long calls;

    @Option(names = "--loads", paramLabel = "N", defaultValue = "10000", description = "Load/close cycles. Default: ${DEFAULT-VALUE}.")
    private long loads;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "4", description = "Calling threads. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--out", required = true, paramLabel = "FILE.csv", description = "Where the rows are appended.")
    private Path out;

    @Option(names = "--note", paramLabel = "TEXT", description = "A remark that goes into every row.")
    private String note;

    @Option(names = "--plant-leak", paramLabel = "BYTES", defaultValue = "0",
            description = "Lose so many bytes in each step, to see that it is found. Default: ${DEFAULT-VALUE}.")
    private long leak;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this.")
    private boolean help;

    private String command;

    /** Runs the soak and ends the process. */
    public static void main(String[] arguments) {
        System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments));
    }

    /** As {@link #main}, without the exit. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        Soak soak = new Soak();
        soak.command = Main.shellCommand("benchmarks/soak", arguments);
        return new CommandLine(soak).setOut(out).setErr(err)
            .setParameterExceptionHandler((problem, args) -> {
                err.println("soak: " + problem.getMessage() + " (benchmarks/soak --help shows the usage)");
                return 2;
            })
            .setExecutionExceptionHandler((problem, commandLine, parsed) -> {
                err.println("soak: " + problem);
                return 1;
            })
            .execute(arguments);
    }

    /** Runs both phases. */
    @Override public Integer call() throws Exception {
        requireAtLeast("--calls", calls, Phase.WINDOWS * Phase.SAMPLES);
        requireAtLeast("--loads", loads, Phase.WINDOWS * Phase.SAMPLES);
        requireAtLeast("--threads", threads, 1);
        SoakFile file = new SoakFile(out, Machine.here(System.getProperty("openautoglm.source")),
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), command, note);
        file.prepare();
        Path scratch = Files.createTempDirectory("openautoglm-soak");
        try {
            Workload workload = new Workload(model, scratch);
            boolean flat;
            try (OpenAutoGlm serving = OpenAutoGlm.fromPretrained(model)) {
                flat = measure(new Phase("calls", calls, threads, number -> {
                    workload.call(serving, number);
                    lose();
                }), ALLOWED_PER_CALL, file);
            }
            flat &= measure(new Phase("loads", loads, threads, number -> {
                workload.cycle(number);
                lose();
            }), ALLOWED_PER_LOAD, file);
            return flat ? 0 : 1;
        } finally {
            delete(scratch);
        }
    }

    private boolean measure(Phase phase, double allowedPerStep, SoakFile file) throws IOException, InterruptedException {
        List<Window> windows;
        try (Shown shown = new Shown(phase)) {
            windows = phase.run(shown);
        }
        Flatness verdict = Flatness.of(windows, allowedPerStep);
        file.add(phase, windows, verdict, leak);
        Window first = windows.get(Flatness.warmUp(windows.size()));
        Window last = windows.get(windows.size() - 1);
        spec.commandLine().getOut().printf(Locale.ROOT, "%s: %,d steps on %d threads in %.0f s, RSS %.1f MiB after the warm-up, %.1f MiB at the end; %s%n",
            phase.name(), phase.steps(), phase.threads(), last.seconds(), first.median() / 1048576.0, last.median() / 1048576.0, verdict);
        return verdict.flat();
    }

    /** The planted leak. */
    private void lose() {
        if (leak > 0) {
            Memory.allocate(leak);
        }
    }

    private void requireAtLeast(String option, long value, long least) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), option + " is " + value + ", but must be at least " + least);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A progress bar where a person watches (benchmarks/soak says so), else a line now and then. */
    private static final class Shown implements Phase.Progress, AutoCloseable {
        private static final int LINES = 10;

        private final Phase phase;
        private final ProgressBar bar; // null where no one watches
        private long linesShown;

        Shown(Phase phase) {
            this.phase = phase;
            PrintStream err = System.err;
            bar = !Boolean.getBoolean("openautoglm.terminal") ? null : new ProgressBarBuilder().setTaskName(phase.name()).setInitialMax(phase.steps())
                .setUpdateIntervalMillis(200).setSpeedUnit(ChronoUnit.SECONDS).showSpeed().setConsumer(new ConsoleProgressBarConsumer(err, 100)).build();
        }

        @Override public void at(long stepsDone, long residentBytes) {
            if (bar != null) {
                bar.stepTo(Math.max(bar.getCurrent(), stepsDone));
                bar.setExtraMessage(" RSS " + (residentBytes >> 20) + " MiB");
            } else if (stepsDone * LINES / phase.steps() > linesShown) {
                linesShown = stepsDone * LINES / phase.steps();
                System.err.printf(Locale.ROOT, "soak: %s %,d of %,d, RSS %d MiB%n", phase.name(), stepsDone, phase.steps(), residentBytes >> 20);
            }
        }

        @Override public void close() {
            if (bar != null) {
                bar.close();
            }
        }
    }
}
