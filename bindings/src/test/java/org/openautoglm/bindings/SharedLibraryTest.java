package org.openautoglm.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a shipped library may ask of the machine it lands on, and what it shows there: read from the files that go into the
 * classifier jar, with readelf of the binutils that linked them.
 */
class SharedLibraryTest {
    /** RHEL 9 and Ubuntu 22.04 have 2.34 or later. */
    private static final int NEWEST_GLIBC = 34;
    private static final Set<String> SYSTEM_LIBRARIES = Set.of("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2",
            "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1");

    @ParameterizedTest
    @ValueSource(strings = {"libopenautoglm.so", "libjniopenautoglm.so"})
    void needsNoGlibcAbove234(String library) throws Exception {
        List<String> versions = matches(readelf("--version-info", library), "Name: GLIBC_2\\.(\\d+)");
        assertFalse(versions.isEmpty(), "readelf lists the versions that are needed");
        assertEquals(List.of(), versions.stream().filter(minor -> Integer.parseInt(minor) > NEWEST_GLIBC).toList(),
                () -> library + " needs GLIBC_2.x for these x; readelf --dyn-syms names the symbols");
    }

    @ParameterizedTest
    @ValueSource(strings = {"libopenautoglm.so", "libjniopenautoglm.so"})
    void needsNothingButTheSystem(String library) throws Exception {
        TreeSet<String> needed = new TreeSet<>(matches(readelf("--dynamic", library), "\\(NEEDED\\).*\\[(.*?)\\]"));
        assertTrue(needed.contains("libc.so.6"), "readelf lists what is needed");
        needed.removeAll(SYSTEM_LIBRARIES);
        assertEquals(library.contains("jni") ? Set.of("libopenautoglm.so") : Set.of(), needed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"libopenautoglm.so", "libjniopenautoglm.so"})
    void looksForLibrariesOnlyBesideItself(String library) throws Exception {
        for (String path : matches(readelf("--dynamic", library), "\\((?:RUNPATH|RPATH)\\).*\\[(.*?)\\]")) {
            assertTrue(path.matches("\\$ORIGIN/?"), () -> library + " carries the path " + path);
        }
        String bytes = Files.readString(folder().resolve(library), StandardCharsets.ISO_8859_1);
        String project = Path.of("..").toRealPath().toString();
        assertFalse(bytes.contains(project + "/"), () -> library + " names the folder it was built in, " + project);
    }

    @Test
    void libopenautoglmExportsTheFunctionsOfItsHeaderAndNoOther() throws Exception {
        String header = Files.readString(Path.of("../native/cpp/include/openautoglm.h"));
        TreeSet<String> declared = new TreeSet<>(matches(header, "(?s)OAG_API[^;(]*?(oag_\\w+)\\("));
        TreeSet<String> exported = new TreeSet<>(matches(readelf("--dyn-syms", "libopenautoglm.so"),
                "(?:GLOBAL|WEAK|UNIQUE)\\s+DEFAULT\\s+(?!UND|ABS)\\d+\\s+([^\\s@]+)"));
        assertTrue(declared.size() > 10, "the header was read");
        assertEquals(declared, exported);
    }

    /** And above all no JNI_OnLoad, see exports.map. */
    @Test
    void jniLibraryExportsJniEntriesAlone() throws Exception {
        List<String> others = matches(readelf("--dyn-syms", "libjniopenautoglm.so"),
                "(?:GLOBAL|WEAK|UNIQUE)\\s+DEFAULT\\s+(?!UND|ABS)\\d+\\s+([^\\s@]+)").stream()
                .filter(name -> !name.matches("Java_org_openautoglm_bindings_.*")).toList();
        assertEquals(List.of(), others);
    }

    private static Path folder() {
        return Path.of("target/classes/org/openautoglm/bindings", System.getProperty("openautoglm.built.platform", Loader.platform()));
    }

    private static String readelf(String what, String library) throws Exception {
        Path file = folder().resolve(library);
        assertTrue(Files.isRegularFile(file), () -> file + " was built");
        Process process = new ProcessBuilder("readelf", "--wide", what, file.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static List<String> matches(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).toList();
    }
}
