package org.openautoglm.unpacking;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;

/**
 * Files of jars as files of a folder, whole or not at all, whoever else does the same and whoever is killed meanwhile. Each file is written beside its
 * place, compared with the listing and renamed. No file is ever changed in place: another process may have it mapped. What is there already is
 * compared, too, and replaced when it is something else; hence nothing needs to be synced to the disk.
 */
public final class Unpacker {
    private static final String PARTIAL = ".partial";
    /** What is partial for this long was left by a process that was killed. */
    private static final Duration STALE = Duration.ofHours(1);

    private Unpacker() { }

    /** Where the contents come from. */
    @FunctionalInterface
    public interface Source {
        /**
         * Finds a file.
         *
         * @param path as listed
         * @return null when there is none
         */
        URL find(String path);
    }

    /**
     * Sees to it that a folder has every file of a listing.
     *
     * @param folder made if there is none; its name should tell the contents, for files of other listings are overwritten
     * @throws DamagedException when the source has not what is listed
     * @throws IOException when the folder cannot be used
     */
    public static void unpack(Listing listing, Source source, Path folder) throws IOException {
        for (Listing.Entry entry : listing.entries()) {
            Path file = folder.resolve(entry.path());
            if (!matches(file, entry)) {
                Files.createDirectories(file.getParent());
                removeStale(file.getParent());
                replace(entry, source, file);
            }
        }
    }

    /**
     * Unpacks to a new folder inside of another.
     *
     * @param parent made if there is none
     * @return the new folder, to be given to {@link #discard}
     */
    public static Path unpackCopy(Listing listing, Source source, Path parent) throws IOException {
        Files.createDirectories(parent);
        removeStale(parent);
        Path copy = Files.createDirectory(partial(parent, "copy"));
        try {
            unpack(listing, source, copy);
            return copy;
        } catch (IOException | RuntimeException | Error failure) {
            discard(copy);
            throw failure;
        }
    }

    /** Deletes a folder of unpacked files, as far as that is possible: Linux keeps a loaded library alive without its name, other systems do not delete it. */
    public static void discard(Path folder) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        } catch (IOException inUse) {
            // a later process finds it stale
        }
    }

    /**
     * What a listing would say about one file: from the directory of its jar where there is one, else by reading the file.
     *
     * @param path as in the listing
     */
    public static Listing.Entry describe(URL file, String path) throws IOException {
        URLConnection connection = connect(file);
        if (connection instanceof JarURLConnection jar) {
            ZipEntry entry = jar.getJarEntry();
            jar.getJarFile().close();
            if (entry != null && entry.getSize() >= 0 && entry.getCrc() >= 0) {
                return new Listing.Entry(entry.getSize(), (int) entry.getCrc(), path);
            }
        }
        try (InputStream content = connect(file).getInputStream()) {
            return Listing.copy(content, OutputStream.nullOutputStream(), path);
        }
    }

    /** Java's cache would keep the jar open for ever. */
    static URLConnection connect(URL file) throws IOException {
        URLConnection connection = file.openConnection();
        connection.setUseCaches(false);
        return connection;
    }

    private static boolean matches(Path file, Listing.Entry entry) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) != entry.size()) {
            return false;
        }
        try (InputStream content = Files.newInputStream(file)) {
            return Listing.copy(content, OutputStream.nullOutputStream(), entry.path()).matches(entry);
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    private static void replace(Listing.Entry entry, Source source, Path file) throws IOException {
        URL origin = source.find(entry.path());
        if (origin == null) {
            throw new DamagedException(entry.path() + " is listed, but not on the class path: fetch its jar again, or see what repacked it");
        }
        Path partial = partial(file.getParent(), file.getFileName().toString());
        try {
            Listing.Entry found;
            // Not one of Java's temporary files: where a cache is shared, others must be able to read it.
            try (InputStream content = connect(origin).getInputStream();
                 OutputStream copy = Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                found = Listing.copy(content, copy, entry.path());
            } catch (ZipException cause) {
                throw new DamagedException(origin + " is damaged (" + cause.getMessage() + "): fetch its jar again", cause);
            }
            if (!found.matches(entry)) {
                throw new DamagedException(String.format("%s is damaged: it has %d bytes with checksum %08x, but had %d with %08x when its jar was built: "
                    + "fetch the jar again, or see what repacked it", origin, found.size(), found.checksum(), entry.size(), entry.checksum()));
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static Path partial(Path folder, String name) {
        return folder.resolve("." + name + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()) + PARTIAL);
    }

    private static void removeStale(Path folder) throws IOException {
        FileTime limit = FileTime.from(Instant.now().minus(STALE));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ".*" + PARTIAL)) {
            for (Path file : files) {
                try {
                    if (Files.getLastModifiedTime(file).compareTo(limit) >= 0) {
                        continue;
                    }
                    if (Files.isDirectory(file)) {
                        discard(file);
                    } else {
                        Files.deleteIfExists(file);
                    }
                } catch (IOException elsewhere) {
                    // another process cleans up, or owns it
                }
            }
        }
    }
}
