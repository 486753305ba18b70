package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed while they unpack, and several that unpack at once: a file is there as a whole or not at all. */
@Timeout(600)
class UnpackingKilledTest {
    private static final int KILLS = 24;

    @TempDir Path folder;

    @Test
    void nothingTornIsLeftByAKill() throws Exception {
        String right = Answer.right();
        Map<String, byte[]> sound = contents(folder.resolve("sound"));
        assertEquals(3, sound.size());
        int torn = 0;
        for (int i = 0; i < KILLS; i++) {
            Path cache = Files.createDirectory(folder.resolve("cache" + i));
            try (ChildJvm child = ChildJvm.start(command(cache), Map.of())) {
                // Of the time that the first start takes to unpack, which begins with the first file in the cache.
                while (files(cache).isEmpty() && child.process().isAlive()) {
                    Thread.onSpinWait();
                }
                Thread.sleep(i * 12L);
                child.process().destroyForcibly().waitFor();
            }
            boolean partial = false;
            for (Path file : files(cache)) {
                if (file.toString().endsWith(".partial")) {
                    partial = true;
                } else {
                    byte[] expected = sound.get(cache.relativize(file).toString());
                    assertNotNull(expected, file.toString());
                    assertEquals(-1, java.util.Arrays.mismatch(expected, Files.readAllBytes(file)), file + " is torn after kill " + i);
                }
            }
            torn += partial ? 1 : 0;
            if (partial && torn % 3 == 1) { // each next start is the same: three tell
                ChildJvm.Result next = ChildJvm.run(command(cache));
                assertEquals(0, next.exitCode(), next.output());
                assertTrue(next.output().contains(right), next.output());
            }
        }
        assertTrue(torn >= 3, "only " + torn + " of " + KILLS + " kills came while a file was written");
    }

    /** What a kill left is deleted by a later process that unpacks, once it is old enough to belong to nobody. */
    @Test
    void whatAKillLeftIsCleanedUp() throws Exception {
        Path cache = folder.resolve("cache");
        Map<String, byte[]> sound = contents(cache);
        Path library = cache.resolve(sound.keySet().stream().filter(path -> path.endsWith("libopenautoglm.so")).findFirst().orElseThrow());
        Path old = Files.writeString(library.resolveSibling(".libopenautoglm.so.1.partial"), "old");
        Path young = Files.writeString(library.resolveSibling(".libopenautoglm.so.2.partial"), "young");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Files.delete(library);
        contents(cache);
        assertTrue(Files.notExists(old));
        assertTrue(Files.exists(young), "it may belong to a process that runs");
    }

    @Test
    void manyProcessesUnpackAtOnce() throws Exception {
        String right = Answer.right();
        Path cache = folder.resolve("shared");
        List<ChildJvm> children = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                children.add(ChildJvm.start(command(cache), Map.of()));
            }
            for (ChildJvm child : children) {
                ChildJvm.Result result = child.await();
                assertEquals(0, result.exitCode(), result.output());
                assertTrue(result.output().contains(right), result.output());
            }
        } finally {
            for (ChildJvm child : children) {
                child.close();
            }
        }
        assertEquals(3, files(cache).size(), files(cache).toString());
    }

    private static List<String> command(Path cache) {
        return ChildJvm.command(Answer.class, List.of("-Dopenautoglm.cache=" + cache));
    }

    /** What a start unpacks that nothing disturbs, by path. */
    private static Map<String, byte[]> contents(Path cache) throws Exception {
        ChildJvm.Result result = ChildJvm.run(command(cache));
        assertEquals(0, result.exitCode(), result.output());
        Map<String, byte[]> contents = new HashMap<>();
        for (Path file : files(cache)) {
            contents.put(cache.relativize(file).toString(), Files.readAllBytes(file));
        }
        return contents;
    }

    /** Files only; those that vanish meanwhile may or may not be there. */
    private static List<Path> files(Path cache) throws IOException {
        if (Files.notExists(cache)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(Files::isRegularFile).toList();
        } catch (java.io.UncheckedIOException vanished) {
            return files(cache);
        }
    }
}
