package org.openautoglm.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.openautoglm.OpenAutoGlmException;

/**
 * Models that travel inside jars, by name. A jar carries model {@code NAME} as the resources {@code META-INF/openautoglm/models/NAME/…}, with a
 * list {@code files} beside them: one line {@code SIZE PATH} per file. Since the native side reads folders, a model is unpacked once
 * into a cache folder ({@code -Dopenautoglm.cache}, default {@code ~/.cache/openautoglm}).
 */
public final class EmbeddedModels {
    private static final String ROOT = "META-INF/openautoglm/models/";
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]*");

    private EmbeddedModels() { }

    private record Entry(long size, String path) { }

    /**
     * The folder of an embedded model, unpacked if it was not.
     *
     * @return empty when no jar on the class path carries a model of this name
     * @throws OpenAutoGlmException when it cannot be unpacked
     */
    public static Optional<Path> folder(String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        try (InputStream list = open(name, "files")) {
            if (list == null) {
                return Optional.empty();
            }
            byte[] bytes = list.readAllBytes();
            Path cache = Path.of(System.getProperty("openautoglm.cache", System.getProperty("user.home") + "/.cache/openautoglm"));
            // Another release of the same model has another list of sizes nearly always, and its own version in the name else.
            Path folder = cache.resolve("models").resolve(name + "-" + Integer.toHexString(new String(bytes, StandardCharsets.UTF_8).hashCode()));
            List<Entry> entries = parse(name, bytes);
            if (!isComplete(folder, entries)) {
                unpack(name, entries, folder);
            }
            return Optional.of(folder);
        } catch (IOException cause) {
            throw new OpenAutoGlmException("the embedded model " + name + " cannot be unpacked (set -Dopenautoglm.cache to a writable folder): "
                + cause, cause);
        }
    }

    private static InputStream open(String name, String path) {
        ClassLoader own = EmbeddedModels.class.getClassLoader();
        InputStream stream = own.getResourceAsStream(ROOT + name + "/" + path);
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return stream != null || context == null ? stream : context.getResourceAsStream(ROOT + name + "/" + path);
    }

    private static List<Entry> parse(String name, byte[] list) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String line : new String(list, StandardCharsets.UTF_8).lines().toList()) {
            String[] parts = line.strip().split(" ", 2);
            if (parts.length != 2 || !parts[0].matches("[0-9]{1,18}") || Path.of(parts[1]).isAbsolute() || parts[1].contains("..")) {
                throw new IOException(ROOT + name + "/files: \"" + line + "\" is not SIZE PATH");
            }
            entries.add(new Entry(Long.parseLong(parts[0]), parts[1]));
        }
        return entries;
    }

    private static boolean isComplete(Path folder, List<Entry> entries) throws IOException {
        for (Entry entry : entries) {
            Path file = folder.resolve(entry.path());
            if (!Files.isRegularFile(file) || Files.size(file) != entry.size()) {
                return false;
            }
        }
        return true;
    }

    /** Unpacks beside the target and renames, so that another process sees all of the folder or none of it. */
    private static void unpack(String name, List<Entry> entries, Path folder) throws IOException {
        Files.createDirectories(folder.getParent());
        Path temporary = Files.createTempDirectory(folder.getParent(), name + "-");
        try {
            for (Entry entry : entries) {
                Path file = temporary.resolve(entry.path());
                Files.createDirectories(file.getParent());
                try (InputStream content = open(name, entry.path())) {
                    if (content == null || Files.copy(content, file) != entry.size()) {
                        throw new IOException(ROOT + name + "/" + entry.path() + " is missing or not of the listed size");
                    }
                }
            }
            deleteTree(folder); // what an interrupted deletion or a full disk left
            Files.move(temporary, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException another) {
            if (!isComplete(folder, entries)) {
                throw another;
            }
        } finally {
            deleteTree(temporary);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            } catch (FileSystemException another) {
                // Another process deletes or fills it at the same time; the rename tells who won.
            }
        }
    }
}
