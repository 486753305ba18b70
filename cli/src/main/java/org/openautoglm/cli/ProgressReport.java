package org.openautoglm.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar with rate and remaining time on standard error, shown when a person watches and the results do not go to the same screen. */
final class ProgressReport implements AutoCloseable {
    private static final int FEWEST_ITEMS = 2;

    private final Console console;
    private final ProgressBar bar; // null when none is shown

    ProgressReport(Console console, String task, int items, boolean resultsGoElsewhere) {
        boolean shown = console.errIsTerminal() && (resultsGoElsewhere || !console.outIsTerminal()) && items >= FEWEST_ITEMS;
        this.console = console;
        this.bar = !shown ? null : new ProgressBarBuilder().setTaskName(task).setInitialMax(items).setUpdateIntervalMillis(200)
            .setStyle(console.isUnicode() ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
            .setSpeedUnit(ChronoUnit.SECONDS).showSpeed()
            // With the width given, the library does not open the terminal itself.
            .setConsumer(new ConsoleProgressBarConsumer(console.err(), Math.max(20, console.width() - 1)))
            .build();
    }

    void advance(int items) {
        if (bar != null) {
            bar.stepBy(items);
        }
    }

    /** The console for messages: a line of its own, not the rest of the bar's. */
    Console console() {
        if (bar == null) {
            return console;
        }
        String blank = "\r" + " ".repeat(console.width() - 1) + "\r";
        PrintStream err = new PrintStream(OutputStream.nullOutputStream()) {
            @Override public void println(String line) {
                console.err().print(blank);
                console.err().println(line);
            }

            @Override public void println(Object line) {
                println(String.valueOf(line));
            }
        };
        return new Console(console.in(), console.out(), err, console.outIsTerminal(), console.errIsTerminal(), console.width(), console.charset());
    }

    @Override public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
