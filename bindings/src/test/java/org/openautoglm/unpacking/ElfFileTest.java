package org.openautoglm.unpacking;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.bindings.Loader;

/** A library that is cut off anywhere before the end of its last segment would kill the process that loads it. */
class ElfFileTest {
    @TempDir Path folder;

    @Test
    void everyCutIsFound() throws IOException, InterruptedException {
        Path library = Path.of("target/classes/org/openautoglm/bindings", Loader.platform(), "libopenautoglm.so");
        byte[] sound = Files.readAllBytes(library);
        int end = endOfSegments(library);
        Path file = folder.resolve("lib.so");
        Files.write(file, sound);
        assertDoesNotThrow(() -> ElfFile.requireComplete(file));
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            int length = i == 0 ? end - 1 : i < 100 ? 5 + 10 * i : 4 + random.nextInt(end - 4);
            Files.write(file, Arrays.copyOf(sound, length));
            String message = assertThrows(DamagedException.class, () -> ElfFile.requireComplete(file), "cut to " + length).getMessage();
            assertTrue(message.contains(file.toString()) && message.contains(length + " bytes"), message);
        }
        Files.write(file, Arrays.copyOf(sound, end));
        assertDoesNotThrow(() -> ElfFile.requireComplete(file));
    }

    /** What is behind it is for debuggers. */
    private static int endOfSegments(Path library) throws IOException, InterruptedException {
        Process readelf = new ProcessBuilder("readelf", "--wide", "--segments", library.toString()).start();
        String output = new String(readelf.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, readelf.waitFor());
        // Type, offset, virtual and physical address, size in the file
        return Pattern.compile("LOAD +0x(\\p{XDigit}+) +0x\\p{XDigit}+ +0x\\p{XDigit}+ +0x(\\p{XDigit}+)").matcher(output).results()
            .mapToInt(match -> Integer.parseInt(match.group(1), 16) + Integer.parseInt(match.group(2), 16)).max().orElseThrow();
    }

    /** Headers of any contents: refused or passed on to the dynamic linker's own checks. */
    @Test
    void headersOfGarbageEndInNothingElse() throws IOException {
        byte[] sound = Arrays.copyOf(Files.readAllBytes(Path.of("target/classes/org/openautoglm/bindings", Loader.platform(), "libjniopenautoglm.so")), 8192);
        Path file = folder.resolve("lib.so");
        Random random = new Random(2);
        for (int i = 0; i < 500; i++) {
            byte[] garbage = sound.clone();
            for (int k = 0; k < 8; k++) {
                garbage[5 + random.nextInt(700)] = (byte) random.nextInt();
            }
            Files.write(file, garbage);
            assertThrows(IOException.class, () -> ElfFile.requireComplete(file));
        }
        for (String text : new String[] {"", "\u007fEL", "no library at all, but a text"}) {
            Files.writeString(file, text);
            assertDoesNotThrow(() -> ElfFile.requireComplete(file));
        }
    }
}
