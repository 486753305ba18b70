package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Native libraries that are damaged, in the cache or in their jar, and folders that they cannot be unpacked to: in JVMs of their own, none of which may crash. */
@Timeout(600)
class UnpackingTest {
    private static String right;

    @TempDir Path folder;

    @BeforeAll
    static void answer() {
        right = Answer.right();
    }

    // ---- the cache --------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"cut", "empty", "garbage", "flipped"})
    void aDamagedCacheIsRepaired(String damage) throws Exception {
        Path cache = folder.resolve("cache");
        assertRight(run(cache));
        List<Path> libraries = libraries(cache);
        assertEquals(3, libraries.size(), libraries.toString());
        List<byte[]> sound = new ArrayList<>();
        for (Path library : libraries) {
            sound.add(Files.readAllBytes(library));
            Files.write(library, damaged(Files.readAllBytes(library), damage));
        }
        assertRight(run(cache));
        for (int i = 0; i < libraries.size(); i++) {
            assertTrue(Arrays.equals(sound.get(i), Files.readAllBytes(libraries.get(i))), libraries.get(i) + " is still damaged");
        }
        assertEquals(libraries, libraries(cache), "nothing else is left");
    }

    @Test
    void aDamagedFileThatCannotBeReplacedIsNamed() throws Exception {
        Path cache = folder.resolve("cache");
        assertRight(run(cache));
        Path library = libraries(cache).stream().filter(path -> path.endsWith("libopenautoglm.so")).findFirst().orElseThrow();
        Files.delete(library);
        Files.createDirectories(library.resolve("a folder in its place"));
        assertRefused(run(cache), library.toString(), "openautoglm.cache");
    }

    private static byte[] damaged(byte[] library, String damage) {
        byte[] copy = library.clone();
        switch (damage) {
            case "cut":
                return Arrays.copyOf(copy, copy.length / 3);
            case "empty":
                return new byte[0];
            case "garbage":
                new Random(1).nextBytes(copy);
                return copy;
            default:
                for (int i = copy.length / 2; i < copy.length / 2 + 64; i++) {
                    copy[i] ^= 0x55;
                }
                return copy;
        }
    }

    /** All files, hidden ones included. */
    private static List<Path> libraries(Path cache) throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    // ---- the jar ----------------------------------------------------------------------------------------------------------

    /** As a tool leaves them that repacks jars: in a jar whose own sums are right. */
    @ParameterizedTest
    @CsvSource({"openautoglm,cut", "openautoglm,garbage", "openautoglm,flipped", "openautoglm,empty", "jniopenautoglm,cut", "jniopenautoglm,flipped",
        "tokenizers,cut", "tokenizers,garbage", "tokenizers,empty"})
    void aLibraryThatIsDamagedInItsJarIsNamed(String library, String damage) throws Exception {
        String resource = resource(library);
        Path file = folder.resolve("first").resolve(resource);
        Files.createDirectories(file.getParent());
        try (InputStream sound = getClass().getClassLoader().getResourceAsStream(resource)) {
            Files.write(file, damaged(sound.readAllBytes(), damage));
        }
        assertRefused(run(folder.resolve("cache"), "-cp", folder.resolve("first") + File.pathSeparator + System.getProperty("java.class.path")),
            "lib" + library + ".so");
    }

    /** A byte of the jar's file itself, in the middle of the compressed library. */
    @ParameterizedTest
    @ValueSource(strings = {"openautoglm", "tokenizers"})
    void aDamagedJarIsNamed(String library) throws Exception {
        String resource = resource(library);
        Path jar = null;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (entry.endsWith(".jar")) {
                try (ZipFile zip = new ZipFile(entry)) {
                    jar = zip.getEntry(resource) != null ? Path.of(entry) : jar;
                }
            }
        }
        byte[] bytes = Files.readAllBytes(jar);
        int middle = middleOf(bytes, jar, resource);
        bytes[middle] ^= 0x10;
        Path copy = Files.write(folder.resolve("damaged.jar"), bytes);
        assertRefused(run(folder.resolve("cache"), "-cp", copy + File.pathSeparator + System.getProperty("java.class.path")), "lib" + library + ".so", "jar");
    }

    private static int middleOf(byte[] bytes, Path jar, String resource) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.getEntry(resource);
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            int name = text.indexOf(resource); // in the local header, which goes before the contents
            return name + resource.length() + (int) entry.getCompressedSize() / 2;
        }
    }

    private static String resource(String library) {
        return (library.equals("tokenizers") ? "native/lib/linux-" + (isArm() ? "aarch64" : "x86_64") + "/cpu/"
            : "org/openautoglm/bindings/linux-" + (isArm() ? "arm64" : "x86_64") + "/") + "lib" + library + ".so";
    }

    private static boolean isArm() {
        return System.getProperty("os.arch").equals("aarch64");
    }

    @Test
    void aPlatformWithoutALibraryIsNamed() throws Exception {
        assertRefused(run(folder, "-Dos.arch=mips"), "linux-mips", "openautoglm-bindings");
    }

    // ---- folders ----------------------------------------------------------------------------------------------------------

    @Test
    void aFolderThatCannotBeMadeIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        assertRefused(run(file), file.toString(), "Set the system property openautoglm.cache");
        assertRefused(run(Path.of("/proc/openautoglm")), "/proc/openautoglm", "Set the system property openautoglm.cache");
    }

    /** A file system that is full, where this user may mount one; a limit on the size of files anywhere. */
    @Test
    void aFolderWithoutRoomIsNamed() throws Exception {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        List<String> command = ChildJvm.command(Answer.class, List.of("-Dopenautoglm.cache=" + cache));
        List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -f 1024 && exec \"$@\"", "sh")); // 512 KiB or 1 MiB, by the shell
        limited.addAll(command);
        assertRefused(ChildJvm.run(limited), cache.toString(), "File too large", "openautoglm.cache");
        assertEquals(List.of(), libraries(cache).stream().filter(file -> file.toString().endsWith(".partial")).toList());
        assertRight(ChildJvm.run(command)); // once there is room
        for (String size : List.of("size=1m", "size=6m")) { // not even the first library, and not the tokenizers
            List<String> mounted = Mounts.withTmpfs(cache, size, command).orElse(limited);
            ChildJvm.Result result = ChildJvm.run(mounted);
            if (mounted != limited) {
                assertRefused(result, cache.toString(), "No space left on device", "openautoglm.cache");
            }
        }
    }

    @Test
    void aFolderThatCodeMayNotBeRunFromIsNamedAndAnotherTaken() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        List<String> named = ChildJvm.command(Answer.class, List.of("-Dopenautoglm.cache=" + home));
        List<String> found = ChildJvm.command(Answer.class, List.of("-Dopenautoglm.cache=", "-Duser.home=" + home));
        if (Mounts.withTmpfs(home, "noexec", named).isPresent()) {
            assertRefused(ChildJvm.run(Mounts.withTmpfs(home, "noexec", named).get()), home.toString(), "noexec", "openautoglm.cache");
            assertRight(ChildJvm.run(Mounts.withTmpfs(home, "noexec", found).get()));
        } else {
            Path noexec = Mounts.noexecFolder().orElseThrow(() -> new AssertionError("this user may not mount anything, and no folder is mounted noexec"));
            Path place = Files.createTempDirectory(noexec, "openautoglm");
            try {
                assertRefused(run(place), place.toString(), "noexec", "openautoglm.cache");
            } finally {
                try (Stream<Path> files = Files.walk(place)) {
                    files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
                }
            }
        }
    }

    @Test
    void withoutASettingTheHomeIsTakenAndElseATemporaryFolder() throws Exception {
        Path home = folder.resolve("home");
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        assertRight(run(Path.of(""), "-Dopenautoglm.cache=", "-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary));
        assertEquals(3, libraries(home.resolve(".cache/openautoglm")).size());
        assertEquals(List.of(), children(temporary));

        Path file = Files.writeString(folder.resolve("file"), "no folder");
        assertRight(run(Path.of(""), "-Dopenautoglm.cache=", "-Duser.home=" + file, "-Djava.io.tmpdir=" + temporary));
        assertRight(run(Path.of(""), "-Dopenautoglm.cache=", "-Duser.home=?", "-Djava.io.tmpdir=" + temporary, "-Djna.tmpdir=" + folder));
        assertEquals(List.of(), children(temporary), "what is not used again is deleted");
        assertFalse(Files.exists(Path.of("?")), "there is no home");

        ChildJvm.Result refused = run(Path.of(""), "-Dopenautoglm.cache=", "-Duser.home=" + file, "-Djava.io.tmpdir=" + file);
        assertRefused(refused, file + "/.cache/openautoglm", "openautoglm.cache");

        Path javacpp = folder.resolve("javacpp");
        assertRight(run(Path.of(""), "-Dopenautoglm.cache=", "-Dorg.bytedeco.javacpp.cachedir=" + javacpp));
        assertEquals(3, libraries(javacpp).size());
    }

    private static List<Path> children(Path parent) throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            return files.toList();
        }
    }

    // ---- inside -----------------------------------------------------------------------------------------------------------

    private static ChildJvm.Result run(Path cache, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-Dopenautoglm.cache=" + cache));
        all.addAll(List.of(options));
        return ChildJvm.run(ChildJvm.command(Answer.class, all));
    }

    private static void assertRight(ChildJvm.Result result) {
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains(right), result.output());
    }

    /** One line, with all of these texts. */
    private static void assertRefused(ChildJvm.Result result, String... parts) {
        assertEquals(Answer.REFUSED, result.exitCode(), result.output());
        String line = result.output().lines().filter(text -> text.startsWith("refused with UnavailableException: ")).findFirst().orElse("");
        for (String part : parts) {
            assertTrue(line.contains(part), part + " is not in: " + result.output());
        }
    }
}
