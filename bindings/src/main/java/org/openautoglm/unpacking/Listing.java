package org.openautoglm.unpacking;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The files that travel together in a jar, since a jar cannot be asked what is in one of its folders. As text: one line {@code SIZE CHECKSUM PATH} per
 * file. SIZE is in bytes; CHECKSUM the CRC-32 of gzip and zip in 8 hexadecimal digits; PATH relative, with slashes.
 *
 * <p>CRC-32 because it is checked at every start, against disks and copies that damage files, not against people: 15 MB take 9 ms, SHA-256 takes
 * 170 ms before the JVM has compiled it.
 *
 * @param entries one or more, no path twice
 */
public record Listing(List<Entry> entries) {
    /** The name of the listing among the files that it lists. */
    public static final String NAME = "files";

    private static final Pattern LINE = Pattern.compile("([0-9]{1,18}) ([0-9a-f]{8}) (\\S.*)");

    /**
     * One file.
     *
     * @param size in bytes
     * @param checksum CRC-32
     * @param path relative, with slashes, and inside the folder it is unpacked to
     */
    public record Entry(long size, int checksum, String path) {
        /** Whether this is the same file. Not the equals of records: in JDK 17 its first use in a class loader pins that class loader. */
        boolean matches(Entry other) {
            return size == other.size && checksum == other.checksum && path.equals(other.path);
        }

        @Override public String toString() {
            return String.format("%d %08x %s", size, checksum, path);
        }
    }

    /**
     * Reads the text.
     *
     * @param utf8 lines; empty ones are passed over
     * @param name of the listing, for the message
     * @throws DamagedException when a line is something else, names a place outside of the folder, or there is none
     */
    static Listing parse(byte[] utf8, String name) throws DamagedException {
        List<Entry> entries = new ArrayList<>();
        Set<String> paths = new HashSet<>();
        for (String line : new String(utf8, StandardCharsets.UTF_8).lines().map(String::strip).filter(text -> !text.isEmpty()).toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches() || !isInside(matcher.group(3)) || !paths.add(matcher.group(3))) {
                throw new DamagedException(name + ": \"" + line + "\" is not SIZE CHECKSUM PATH, or a path twice");
            }
            entries.add(new Entry(Long.parseLong(matcher.group(1)), Integer.parseUnsignedInt(matcher.group(2), 16), matcher.group(3)));
        }
        if (entries.isEmpty()) {
            throw new DamagedException(name + " lists no file");
        }
        return new Listing(List.copyOf(entries));
    }

    /**
     * Reads a listing in a jar.
     *
     * @throws DamagedException as {@link #parse}
     */
    public static Listing read(URL list) throws IOException {
        try (InputStream content = Unpacker.connect(list).getInputStream()) {
            return parse(content.readAllBytes(), list.toString());
        }
    }

    private static boolean isInside(String path) {
        return path.indexOf('\0') < 0 && path.indexOf('\\') < 0 && Stream.of(path.split("/", -1)).noneMatch(part -> part.isEmpty() || part.equals(".")
            || part.equals(".."));
    }

    /** What stands for the contents in names of folders: 8 hexadecimal digits. */
    public String fingerprint() {
        CRC32 crc = new CRC32();
        crc.update(toString().getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", (int) crc.getValue());
    }

    /** The text. */
    @Override public String toString() {
        StringBuilder text = new StringBuilder();
        entries.forEach(entry -> text.append(entry).append('\n'));
        return text.toString();
    }

    /** The entry of what a stream has left, which is written to {@code copy} on the way. */
    static Entry copy(InputStream content, OutputStream copy, String path) throws IOException {
        CRC32 crc = new CRC32();
        byte[] buffer = new byte[64 << 10];
        long size = 0;
        for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
            crc.update(buffer, 0, count);
            copy.write(buffer, 0, count);
            size += count;
        }
        return new Entry(size, (int) crc.getValue(), path);
    }

    /** The listing of all files under a folder, but for one that is there already. */
    static Listing of(Path folder) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String path = folder.relativize(file).toString().replace('\\', '/');
                if (!path.equals(NAME)) {
                    try (InputStream content = Files.newInputStream(file)) {
                        entries.add(copy(content, OutputStream.nullOutputStream(), path));
                    }
                }
            }
        }
        return new Listing(entries);
    }

    /**
     * A step of the build: writes the listing of a folder into it.
     *
     * @param folder one or more, whose contents go into a jar
     */
    public static void main(String[] folder) throws IOException {
        for (String name : folder) {
            Files.writeString(Path.of(name, NAME), of(Path.of(name)).toString());
        }
    }
}
