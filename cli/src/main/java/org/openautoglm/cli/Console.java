package org.openautoglm.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Where a command reads and writes; a test gives its own.
 *
 * @param in standard input
 * @param out standard output, unbuffered
 * @param err standard error
 * @param outIsTerminal whether a person reads {@code out}
 * @param errIsTerminal whether a person reads {@code err}
 * @param width columns of the terminal
 * @param charset of the terminal
 */
record Console(InputStream in, OutputStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal, int width,
               Charset charset) {
    private static final int DEFAULT_WIDTH = 80;

    /** The console of this process. */
    static Console system() {
        boolean outIsTerminal = isTerminal(1);
        boolean errIsTerminal = isTerminal(2);
        Charset charset = terminalCharset();
        return new Console(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out),
            new PrintStream(new FileOutputStream(FileDescriptor.err), true, charset), outIsTerminal, errIsTerminal,
            outIsTerminal || errIsTerminal ? terminalWidth() : DEFAULT_WIDTH, charset);
    }

    /** Whether the terminal shows block characters and the like. */
    boolean isUnicode() {
        return charset.newEncoder().canEncode('█');
    }

    /** Java tells only whether both stdin and stdout are terminals, so the file descriptor is looked at. */
    private static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException noProc) {
            return System.console() != null;
        }
    }

    private static int terminalWidth() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(Path.of("/dev/tty").toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            if (stty.waitFor(1, TimeUnit.SECONDS) && size.matches("\\d+ \\d+")) {
                int columns = Integer.parseInt(size.substring(size.indexOf(' ') + 1));
                return columns > 0 ? columns : DEFAULT_WIDTH;
            }
        } catch (IOException noStty) {
            // then the default is good enough
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return DEFAULT_WIDTH;
    }

    private static Charset terminalCharset() {
        for (String property : new String[] {"stdout.encoding", "sun.stdout.encoding", "native.encoding"}) {
            String name = System.getProperty(property);
            if (name != null && Charset.isSupported(name)) {
                return Charset.forName(name);
            }
        }
        return Charset.defaultCharset();
    }
}
