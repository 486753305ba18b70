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
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.OpenAutoGlmException;

/** A model that travels in a jar is unpacked once and loaded by its name. */
class EmbeddedModelsTest {
    private static final Path TINY_CLIP = Path.of(System.getProperty("openautoglm.testdata"), "models/tiny-clip");
    private static final String[] FILES = {"config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"};

    @TempDir Path folder;
    private final ClassLoader before = Thread.currentThread().getContextClassLoader();

    @AfterEach
    void restore() {
        Thread.currentThread().setContextClassLoader(before);
        System.clearProperty("openautoglm.cache");
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

    private static String listing() throws IOException {
        StringBuilder list = new StringBuilder();
        for (String file : FILES) {
            list.append(Files.size(TINY_CLIP.resolve(file))).append(' ').append(file).append('\n');
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
            // A file that was cut off, as by a full disk, is unpacked again.
            Files.writeString(unpacked.resolve("tokenizer.json"), "{");
            EmbeddedModels.folder("tiny-1");
            assertEquals(-1, Files.mismatch(TINY_CLIP.resolve("tokenizer.json"), unpacked.resolve("tokenizer.json")));
            try (Stream<Path> left = Files.list(unpacked.getParent())) {
                assertEquals(1, left.count(), "temporary folders are left");
            }
        }
    }

    @Test
    void wrongListingsAreRefused() throws IOException {
        for (String wrong : new String[] {"12 config.json\n", "9 ../escape\n", "x config.json\n", "5 /etc/passwd\n", "5 missing.json\n"}) {
            try (URLClassLoader loader = embed("wrong", wrong)) {
                String message = assertThrows(OpenAutoGlmException.class, () -> EmbeddedModels.folder("wrong"), wrong).getMessage();
                assertTrue(message.contains("wrong"), message);
            }
        }
        assertTrue(Files.notExists(folder.resolve("escape")));
    }

    @Test
    void otherNamesAreNotEmbedded() {
        for (String name : new String[] {"nothing", "", "../x", "openai/clip", "a\0b"}) {
            assertEquals(Optional.empty(), EmbeddedModels.folder(name));
        }
    }
}
