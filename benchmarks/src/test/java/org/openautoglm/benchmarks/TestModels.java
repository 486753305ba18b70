package org.openautoglm.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tiny models in the layout that the harness wants. */
final class TestModels {
    static final Path TINY_CLIP = Path.of(System.getProperty("openautoglm.testdata"), "models/tiny-clip");

    private TestModels() { }

    /**
     * Copies tiny-clip and its ONNX files.
     *
     * @param folder receives {@code tiny-clip/} and {@code tiny-clip-*.onnx}
     */
    static void copyTinyClip(Path folder) throws IOException {
        Path target = Files.createDirectories(folder.resolve("tiny-clip"));
        for (String file : List.of("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(TINY_CLIP.resolve(file), target.resolve(file));
        }
        for (String tower : List.of("image", "text")) {
            String file = "tiny-clip-" + tower + ".onnx"; // tools/reference/tiny_onnx.py makes them
            Files.copy(Path.of("src/test/models", file), folder.resolve(file));
        }
    }
}
