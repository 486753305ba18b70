package org.openautoglm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.ModelException;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.UnavailableException;

/** A model that travels in a jar is unpacked once and loaded by its name. */
class EmbeddedModelsTest {
    private static final Path TINY_CLIP = Path.of(System.getProperty("openautoglm.testdata"), "models/tiny-clip");
    private static final String[] FILES = {"config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"};

    @TempDir Path folder;
    private final ClassLoader before = Thread.currentThread().getContextClassLoader();
    private final String cacheBefore = System.getProperty("openautoglm.cache");

    @AfterEach
    void restore() {
        Thread.currentThread().setContextClassLoader(before);
        System.setProperty("openautoglm.cache", cacheBefore);
    }

    /** Writes a jar with the model and puts it on the thread's class path. */
    private URLClassLoader embed(String name, String listing) throws IOException {
        Path jar = folder.resolve(name + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            String root = "META-INF/openautoglm/models/" + name + "/";
            for (String file : FILES) {
                out.putNextEntry(new ZipEntry(root + file));
                Files.copy(TINY_CLIP.resolve(file), out);
            }
            out.putNextEntry(new ZipEntry(root + "files"));
            out.write(listing.getBytes());
        }
        URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before);
        Thread.currentThread().setContextClassLoader(loader);
        System.setProperty("openautoglm.cache", folder.resolve("cache").toString());
        return loader;
    }

    /** As a tool of another make would write it. */
    private static String listing() throws IOException {
        StringBuilder list = new StringBuilder();
        for (String file : FILES) {
            CRC32 crc = new CRC32();
            crc.update(Files.readAllBytes(TINY_CLIP.resolve(file)));
            list.append(String.format("%d %08x %s%n", Files.size(TINY_CLIP.resolve(file)), crc.getValue(), file));
        }
        return list.toString();
    }

    @Test
    void isLoadedByNameAndUnpackedOnce() throws IOException {
        try (URLClassLoader loader = embed("tiny-1", listing())) {
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained("tiny-1")) {
                assertEquals(1, model.encodeTexts("a cat").size());
            }
            Path unpacked = EmbeddedModels.folder("tiny-1").orElseThrow();
            Path config = unpacked.resolve("config.json");
            Object first = Files.getAttribute(config, "unix:ino");
            assertEquals(first, Files.getAttribute(EmbeddedModels.folder("tiny-1").orElseThrow().resolve("config.json"), "unix:ino"));
            // A file that was cut off, as by a full disk, is unpacked again, and so is one of the same size.
            Files.writeString(unpacked.resolve("tokenizer.json"), "{");
            byte[] weights = Files.readAllBytes(unpacked.resolve("model.safetensors"));
            weights[weights.length / 2] ^= 1;
            Files.write(unpacked.resolve("model.safetensors"), weights);
            EmbeddedModels.folder("tiny-1");
            for (String file : FILES) {
                assertEquals(-1, Files.mismatch(TINY_CLIP.resolve(file), unpacked.resolve(file)), file);
            }
            assertEquals(first, Files.getAttribute(config, "unix:ino"), "what was sound stays");
            assertEquals(Set.of(FILES), names(unpacked));
            assertEquals(Set.of(unpacked.getFileName().toString()), names(unpacked.getParent()));
        }
    }

    private static Set<String> names(Path parent) throws IOException {
        try (Stream<Path> files = Files.list(parent)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    @Test
    void whatIsNotAsListedIsRefused() throws IOException {
        String sound = listing();
        for (String wrong : new String[] {"12 00000000 config.json\n", "9 00000000 ../escape\n", "x 00000000 config.json\n", "5 00000000 /etc/passwd\n",
                "5 00000000 missing.json\n", "5 config.json\n", "", sound + sound, sound.replaceFirst(" [0-9a-f]{8} ", " 12345678 "), "5 00000000 a\\b\n"}) {
            try (URLClassLoader loader = embed("wrong", wrong)) {
                String message = assertThrows(ModelException.class, () -> EmbeddedModels.folder("wrong"), wrong).getMessage();
                assertTrue(message.contains("the embedded model wrong"), message);
            }
        }
        assertTrue(Files.notExists(folder.resolve("escape")));
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamedWithTheRemedy() throws IOException {
        try (URLClassLoader loader = embed("tiny-2", listing())) {
            Path file = Files.writeString(folder.resolve("file"), "no folder");
            System.setProperty("openautoglm.cache", file.toString());
            String message = assertThrows(UnavailableException.class, () -> OpenAutoGlm.fromPretrained("tiny-2")).getMessage();
            assertTrue(message.contains(file.toString()) && message.contains("openautoglm.cache") && message.contains("tiny-2"), message);
        }
    }

    @Test
    void otherNamesAreNotEmbedded() {
        for (String name : new String[] {"nothing", "", "../x", "openai/clip", "a\0b"}) {
            assertEquals(Optional.empty(), EmbeddedModels.folder(name));
        }
    }
}
