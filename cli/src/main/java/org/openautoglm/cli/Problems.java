package org.openautoglm.cli;

import java.io.PrintStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.openautoglm.BatchException;
import org.openautoglm.ImageException;
import org.openautoglm.ModelException;
import org.openautoglm.UnsupportedException;
import org.openautoglm.VectorStoreException;

/** How errors are told: one line on standard error that begins with {@code autoglm: }, the trace only on demand, and an exit code. */
final class Problems {
    private Problems() { }

    /** Prints the line. */
    static void print(PrintStream err, String message) {
        err.println("autoglm: " + oneLine(message));
    }

    /** Prints the line, and the trace if it is wanted. */
    static void print(PrintStream err, Throwable problem, boolean verbose) {
        print(err, describe(problem));
        if (verbose) {
            problem.printStackTrace(err);
        }
    }

    /** 2 when the input is to blame, else 1. */
    static int exitCode(Throwable problem) {
        if (problem instanceof CommandFailure failure) {
            return failure.exitCode();
        }
        boolean badInput = problem instanceof ModelException || problem instanceof ImageException || problem instanceof BatchException
            || problem instanceof UnsupportedException || problem instanceof VectorStoreException
            || problem instanceof IllegalArgumentException;
        return badInput ? CommandFailure.WRONG_INPUT : CommandFailure.FAILED;
    }

    private static String describe(Throwable problem) {
        if (problem instanceof OutOfMemoryError) {
            return "the Java heap is full: " + problem.getMessage() + " (give it more with JAVA_TOOL_OPTIONS=-Xmx2g)";
        }
        return problem.getMessage() == null ? problem.toString() : problem.getMessage();
    }

    /** What an I/O exception means, for its message is often no more than a file name. */
    static String reason(Exception cause) {
        if (cause instanceof NoSuchFileException) {
            return "there is no such file or folder";
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (cause instanceof NotDirectoryException) {
            return "it is not a folder";
        }
        if (cause instanceof CharacterCodingException) {
            return "it is not UTF-8";
        }
        if (cause instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    /** No line breaks, and nothing that a terminal would obey. */
    static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.strip().replaceAll("\\s*\\R\\s*", "; ").codePoints().map(c -> Character.isISOControl(c) ? '?' : c).forEach(line::appendCodePoint);
        return line.toString();
    }
}
