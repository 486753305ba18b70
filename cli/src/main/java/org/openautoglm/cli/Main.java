package org.openautoglm.cli;

import java.io.PrintWriter;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.UnavailableException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: {@code autoglm match|embed|index|search|check|bench|doctor}. Exit codes: 0 done, 1 failed, 2 wrong usage or bad input. */
@Command(name = "autoglm", subcommands = {MatchCommand.class, EmbedCommand.class, IndexCommand.class, SearchCommand.class, CheckCommand.class, BenchCommand.class, DoctorCommand.class},
         versionProvider = Main.Version.class, customSynopsis = "autoglm COMMAND [OPTIONS]",
         header = "Matches pictures with sentences, embeds both, and searches pictures, on this machine.",
         description = {"", "Runs vision-language models from Hugging Face folders. Opens no network connection.", ""},
         commandListHeading = "%nCommands:%n",
         footer = {"", "autoglm COMMAND --help shows a command's options.", "Exit codes: 0 done, 1 failed, 2 wrong usage or bad input."})
public final class Main implements Runnable {
    private final Console console;

    @Spec private CommandSpec spec;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, order = 100, description = "Show this help.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version.")
    private boolean version;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, order = 99, description = "Show the trace of an error, too.")
    private boolean verbose;

    private Main(Console console) {
        this.console = console;
    }

    /**
     * Runs and exits.
     *
     * @param arguments as typed
     */
    public static void main(String[] arguments) {
        System.exit(run(arguments, Console.system()));
    }

    /** Runs a command and returns its exit code. */
    static int run(String[] arguments, Console console) {
        Main main = new Main(console);
        CommandLine commandLine = new CommandLine(main)
            .setExpandAtFiles(false) // a text may begin with @
            .setUnmatchedOptionsAllowedAsOptionParameters(false) // a mistyped option is no file name
            .setColorScheme(Help.defaultColorScheme(console.outIsTerminal() ? Help.Ansi.AUTO : Help.Ansi.OFF))
            .setUsageHelpWidth(Math.max(60, Math.min(100, console.width())))
            .setOut(new PrintWriter(Output.standard(console, console.charset()), true))
            .setErr(new PrintWriter(console.err(), true))
            .setParameterExceptionHandler((problem, args) -> main.usageProblem(problem))
            .setExecutionExceptionHandler((problem, command, parsed) -> main.failure(problem));
        try {
            int exitCode = commandLine.execute(arguments);
            commandLine.getOut().flush();
            return exitCode;
        } catch (Output.OutputFailure | OutOfMemoryError problem) {
            return main.failure(problem);
        }
    }

    /** Without a command. */
    @Override public void run() {
        throw new ParameterException(spec.commandLine(), "no command is given: match, embed, index, search, check, bench or doctor");
    }

    Console console() {
        return console;
    }

    boolean verbose() {
        return verbose;
    }

    private int usageProblem(ParameterException problem) {
        CommandLine command = problem.getCommandLine();
        Problems.print(console.err(), problem.getMessage() + " (" + command.getCommandSpec().qualifiedName() + " --help shows the usage)");
        if (verbose) {
            problem.printStackTrace(console.err());
        }
        return CommandFailure.WRONG_INPUT;
    }

    private int failure(Throwable problem) {
        if (problem instanceof Output.OutputFailure output && output.isBrokenPipe()) {
            return 0; // the reader, such as head, has what it wants
        }
        Problems.print(console.err(), problem, verbose);
        return Problems.exitCode(problem);
    }

    static final class Version implements IVersionProvider {
        @Override public String[] getVersion() {
            String library;
            try {
                library = OpenAutoGlm.version();
            } catch (UnavailableException cause) {
                library = "(" + cause.getMessage() + ")";
            }
            return new String[] {"autoglm " + library, "Java " + System.getProperty("java.version") + ", " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch")};
        }
    }
}
