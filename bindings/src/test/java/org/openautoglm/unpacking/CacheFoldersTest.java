package org.openautoglm.unpacking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which folders are tried, in which order, and what is said when none will do. */
class CacheFoldersTest {
    /** As glibc says it; what the kernel really does on such a mount, UnpackingTest of java-api shows. */
    private static final String NOEXEC = "/x/lib.so: /x/lib.so: failed to map segment from shared object: Operation not permitted";

    @TempDir Path folder;
    private final String before = System.getProperty(CacheFolders.PROPERTY);
    private final String home = System.getProperty("user.home");

    @BeforeEach
    void unset() {
        System.clearProperty(CacheFolders.PROPERTY);
        System.setProperty("user.home", folder.toString());
    }

    @AfterEach
    void restore() {
        if (before != null) {
            System.setProperty(CacheFolders.PROPERTY, before);
        }
        System.setProperty("user.home", home);
    }

    @Test
    void theSettingDecidesAlone() {
        System.setProperty(CacheFolders.PROPERTY, "relative");
        List<Path> tried = new ArrayList<>();
        IOException failure = assertThrows(IOException.class, () -> CacheFolders.first("lib.so", cache -> {
            tried.add(cache);
            throw new IOException("No space left on device");
        }));
        assertEquals(List.of(Path.of("relative").toAbsolutePath()), tried);
        assertEquals("there is no folder that lib.so can be unpacked to and used from: not " + tried.get(0) + " (No space left on device). Set the system "
            + "property openautoglm.cache to a folder that can be written to, has room, and is not mounted noexec", failure.getMessage());
    }

    @Test
    void withoutItTheHomeComesBeforeATemporaryFolder() throws IOException {
        List<Path> tried = new ArrayList<>();
        String result = CacheFolders.first("lib.so", cache -> {
            tried.add(cache);
            if (tried.size() == 1) {
                throw new UnsatisfiedLinkError(NOEXEC);
            }
            return "found";
        });
        assertEquals("found", result);
        assertEquals(folder.resolve(".cache/openautoglm"), tried.get(0));
        assertTrue(CacheFolders.isTemporary(tried.get(1)));
        assertEquals("rwx------", java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(tried.get(1))));
    }

    @Test
    void everyCauseIsNamedAndKept() {
        IOException first = new java.nio.file.AccessDeniedException("/first");
        UnsatisfiedLinkError second = new UnsatisfiedLinkError(NOEXEC);
        List<Path> tried = new ArrayList<>();
        IOException failure = assertThrows(IOException.class, () -> CacheFolders.first("lib.so", cache -> {
            tried.add(cache);
            if (tried.size() == 1) {
                throw first;
            }
            throw second;
        }));
        assertEquals(2, tried.size());
        assertSame(first, failure.getCause());
        assertSame(second, failure.getSuppressed()[0]);
        assertTrue(failure.getMessage().contains("not " + tried.get(0) + " (/first: permission denied)"), failure.getMessage());
        assertTrue(failure.getMessage().contains("mounted noexec, or a security policy forbids it (" + NOEXEC), failure.getMessage());
    }

    @Test
    void whatIsDamagedIsNotTriedElsewhere() {
        DamagedException damaged = new DamagedException("damaged");
        List<Path> tried = new ArrayList<>();
        assertSame(damaged, assertThrows(DamagedException.class, () -> CacheFolders.first("lib.so", cache -> {
            tried.add(cache);
            throw damaged;
        })));
        assertEquals(1, tried.size());
    }
}
