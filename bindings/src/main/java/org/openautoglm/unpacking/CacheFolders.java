package org.openautoglm.unpacking;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The folders that files of jars are unpacked to. {@code -Dopenautoglm.cache=FOLDER} decides alone. Without it they are tried in order: JavaCPP's
 * setting {@code org.bytedeco.javacpp.cachedir}, {@code ~/.cache/openautoglm}, and at last a temporary folder of this process's own.
 */
public final class CacheFolders {
    /** The system property. */
    public static final String PROPERTY = "openautoglm.cache";
    private static final String JAVACPP_PROPERTY = "org.bytedeco.javacpp.cachedir";
    private static final String NOT_EXECUTABLE = "failed to map segment from shared object"; // glibc's and musl's dlopen

    private static volatile Path working; // where a library was loaded from
    private static Path temporary;        // guarded by the class

    private CacheFolders() { }

    /** What is to be done in a folder that works. */
    @FunctionalInterface
    public interface Task<T> {
        /**
         * Does it.
         *
         * @param folder which need not exist yet
         */
        T in(Path folder) throws IOException;
    }

    /**
     * Does a task in the first folder where it works. A folder does not work when the task throws an {@link IOException}, a {@link
     * SecurityException} or an {@link UnsatisfiedLinkError}.
     *
     * @param what the task is about, for the message
     * @throws DamagedException at once
     * @throws IOException when no folder works: the text names each with its reason and the remedy
     */
    public static <T> T first(String what, Task<T> task) throws IOException {
        Map<String, Throwable> problems = new LinkedHashMap<>();
        for (Path folder : candidates(problems)) {
            T result = attempt(folder, task, problems);
            if (result != null) {
                return result;
            }
        }
        if (setting(PROPERTY) == null) {
            try {
                T result = attempt(temporary(), task, problems);
                if (result != null) {
                    return result;
                }
            } catch (IOException | SecurityException cause) {
                problems.put(System.getProperty("java.io.tmpdir"), cause);
            }
        }
        throw failure(what, problems);
    }

    private static <T> T attempt(Path folder, Task<T> task, Map<String, Throwable> problems) throws DamagedException {
        try {
            return task.in(folder);
        } catch (DamagedException cause) {
            throw cause;
        } catch (IOException | SecurityException | UnsatisfiedLinkError cause) {
            problems.put(folder.toString(), cause);
            return null;
        }
    }

    private static List<Path> candidates(Map<String, Throwable> problems) {
        String set = setting(PROPERTY);
        List<Path> folders = new ArrayList<>();
        if (set != null) {
            add(set, "", folders, problems);
            return folders;
        }
        if (working != null) {
            folders.add(working);
        }
        String javacpp = setting(JAVACPP_PROPERTY);
        if (javacpp != null) {
            add(javacpp, "", folders, problems);
        }
        String home = System.getProperty("user.home", "");
        if (home.length() > 1) { // "?" for a user without an entry in passwd
            add(home, ".cache/openautoglm", folders, problems);
        }
        return folders.stream().distinct().toList();
    }

    /** A name that the locale has no letters for is no path. */
    private static void add(String name, String below, List<Path> folders, Map<String, Throwable> problems) {
        try {
            folders.add(Path.of(name).toAbsolutePath().resolve(below));
        } catch (InvalidPathException cause) {
            problems.put(name, cause);
        }
    }

    private static String setting(String property) {
        String value = System.getProperty(property);
        return value == null || value.isEmpty() ? null : value;
    }

    /** Remembers that code may be run from a folder, so that the next library begins there. */
    public static void works(Path folder) {
        working = folder;
    }

    /** A folder of this process's own, which nobody else can write to; deleted at the process's end if it is empty then. */
    public static synchronized Path temporary() throws IOException {
        if (temporary == null || !Files.isDirectory(temporary)) {
            temporary = Files.createTempDirectory("openautoglm-");
            temporary.toFile().deleteOnExit();
        }
        return temporary;
    }

    /** Whether a folder is the one of {@link #temporary}: what is there is not used again. */
    public static synchronized boolean isTemporary(Path folder) {
        return folder.equals(temporary);
    }

    private static IOException failure(String what, Map<String, Throwable> problems) {
        StringBuilder text = new StringBuilder("there is no folder that ").append(what).append(" can be unpacked to and used from");
        String separator = ": ";
        for (Map.Entry<String, Throwable> problem : problems.entrySet()) {
            text.append(separator).append("not ").append(problem.getKey()).append(" (").append(reason(problem.getValue())).append(')');
            separator = ", ";
        }
        text.append(". Set the system property ").append(PROPERTY).append(" to a folder that can be written to, has room, and is not mounted noexec");
        List<Throwable> causes = List.copyOf(problems.values());
        IOException failure = new IOException(text.toString(), causes.get(0));
        causes.subList(1, causes.size()).forEach(failure::addSuppressed);
        return failure;
    }

    /** A problem of a folder in words, without what Java's messages repeat. */
    public static String reason(Throwable cause) {
        if (cause instanceof UnsatisfiedLinkError && String.valueOf(cause.getMessage()).contains(NOT_EXECUTABLE)) {
            return "code may not be run from there: its file system is mounted noexec, or a security policy forbids it (" + cause.getMessage() + ")";
        }
        if (cause instanceof FileSystemException problem) {
            String reason = problem instanceof AccessDeniedException ? "permission denied" : problem.getReason();
            String file = problem.getOtherFile() != null ? problem.getOtherFile() : problem.getFile();
            return file + ": " + (reason != null ? reason : problem.getClass().getSimpleName());
        }
        return cause instanceof IOException && cause.getMessage() != null ? cause.getMessage() : cause.toString();
    }
}
