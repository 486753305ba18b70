package org.openautoglm.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** The pictures and texts that options name. */
final class Inputs {
    private static final Set<String> PICTURE_ENDINGS = Set.of("jpg", "jpeg", "jpe", "jfif", "png", "webp");

    private Inputs() { }

    /**
     * Texts of the command line, then those of a file.
     *
     * @param texts may be null
     * @param file one text per line in UTF-8, blank lines are skipped; "-" is standard input; null: none
     */
    static List<String> texts(List<String> texts, String file, InputStream standardInput) {
        List<String> all = new ArrayList<>();
        if (texts != null) {
            for (String text : texts) {
                all.add(decoded("--text", text));
            }
        }
        if (file != null) {
            boolean standard = file.equals("-");
            try (InputStream stream = standard ? standardInput : Files.newInputStream(path("--texts-file", file))) {
                addLines(stream, all);
            } catch (IOException cause) {
                throw CommandFailure.wrongInput("--texts-file " + (standard ? "(standard input)" : file) + ": " + Problems.reason(cause), cause);
            }
        }
        return all;
    }

    private static void addLines(InputStream stream, List<String> texts) throws IOException {
        // newDecoder() reports malformed bytes instead of replacing them.
        BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8.newDecoder()));
        boolean first = true;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (first && line.startsWith("\uFEFF")) {
                line = line.substring(1); // byte order mark
            }
            first = false;
            if (!line.isBlank()) {
                texts.add(line);
            }
        }
    }

    /**
     * Pictures of the command line, then those of a folder.
     *
     * @param files may be null
     * @param folder searched with its subfolders for JPEG, PNG and WebP files by their endings, sorted by path, hidden ones left out; null: none
     */
    static List<Path> pictures(List<String> files, String folder) {
        List<Path> all = new ArrayList<>();
        if (files != null) {
            for (String file : files) {
                all.add(path("--image", file));
            }
        }
        if (folder != null) {
            Path root = path("--images-from", folder);
            if (!Files.isDirectory(root)) {
                throw CommandFailure.wrongInput("--images-from " + folder + ": there is no such folder");
            }
            try (Stream<Path> found = Files.walk(root)) {
                found.filter(file -> isVisiblePicture(root, file)).sorted().forEach(all::add);
            } catch (IOException | UncheckedIOException cause) {
                Exception reason = cause instanceof UncheckedIOException wrapped ? wrapped.getCause() : cause;
                throw CommandFailure.wrongInput("--images-from " + folder + ": " + reason.getMessage() + ": " + Problems.reason(reason), cause);
            }
        }
        return all;
    }

    private static boolean isVisiblePicture(Path root, Path file) {
        for (Path part : root.relativize(file)) {
            if (part.toString().startsWith(".")) {
                return false;
            }
        }
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot >= 0 && PICTURE_ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT)) && Files.isRegularFile(file);
    }

    /** The path that an option names. */
    static Path path(String option, String name) {
        try {
            return Path.of(decoded(option, name));
        } catch (InvalidPathException cause) {
            throw CommandFailure.wrongInput(option + " " + name + ": " + cause.getReason(), cause);
        }
    }

    /** Java decodes arguments by the locale; bytes that it cannot decode are lost, and the text would be silently another one. */
    private static String decoded(String option, String argument) {
        if (argument.indexOf('\uFFFD') >= 0) {
            throw CommandFailure.wrongInput(option + " " + argument + ": has characters that the locale cannot express (" 
                + System.getProperty("sun.jnu.encoding") + "); start it with LC_ALL=C.UTF-8");
        }
        return argument;
    }
}
