package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openautoglm.bindings.Native;

/** Loading, options, devices, and what they refuse. */
class LoadTest {
    @Test
    void aModelTellsAboutItself() {
        LoadOptions options = LoadOptions.builder().device(Device.HOST).isa(Isa.REFERENCE).threads(1).build();
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options)) {
            JsonObject config = TestData.json(TestData.TINY_CLIP.resolve("config.json"));
            assertEquals("clip", model.info().family());
            assertEquals(TestData.TINY_CLIP, model.info().folder());
            assertEquals(config.get("projection_dim").getAsInt(), model.info().embeddingSize());
            assertEquals(config.getAsJsonObject("text_config").get("vocab_size").getAsInt(), model.info().vocabularySize());
            assertEquals(77, model.info().maxTextTokens());
            assertEquals(32, model.info().imageWidth());
            assertTrue(model.info().hasImageTower() && model.info().hasTextTower());
            assertTrue(model.info().hash().matches("[0-9a-f]{32}"), model.info().hash());
            assertTrue(model.info().parameterCount() > 10_000);
            assertEquals(new Backend(Device.HOST, Isa.REFERENCE, Precision.FP32, 1.0, 1.0, 1, model.backend().description(), model.backend().reason()),
                model.backend());
            assertTrue(model.backend().reason().contains("reference"), model.backend().reason());
        }
    }

    @Test
    void enumsAreInTheOrderOfTheAbi() {
        assertEquals(Native.OAG_DEVICE_AUTO, Device.AUTO.ordinal());
        assertEquals(Native.OAG_DEVICE_HOST, Device.HOST.ordinal());
        assertEquals(Native.OAG_DEVICE_CUDA, Device.CUDA.ordinal());
        assertEquals(Native.OAG_DEVICE_TENSORRT, Device.TENSORRT.ordinal());
        assertEquals(Native.OAG_PRECISION_AUTO, Precision.AUTO.ordinal());
        assertEquals(Native.OAG_PRECISION_FP32, Precision.FP32.ordinal());
        assertEquals(Native.OAG_PRECISION_BF16, Precision.BF16.ordinal());
        assertEquals(Native.OAG_PRECISION_FP16, Precision.FP16.ordinal());
        assertEquals(Native.OAG_PRECISION_INT8, Precision.INT8.ordinal());
        assertEquals(Native.OAG_ISA_AUTO, Isa.AUTO.ordinal());
        assertEquals(Native.OAG_ISA_REFERENCE, Isa.REFERENCE.ordinal());
        assertEquals(Native.OAG_ISA_AVX2, Isa.AVX2.ordinal());
        assertEquals(Native.OAG_ISA_AVX512, Isa.AVX512.ordinal());
        assertEquals(Native.OAG_ISA_NEON, Isa.NEON.ordinal());
    }

    @Test
    void whatIsNoModelIsRefusedWithoutADownload(@TempDir Path folder) {
        for (String name : List.of("openai/clip-vit-base-patch32", "", "no\0path", folder.resolve("nowhere").toString())) {
            String message = assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(name)).getMessage();
            assertTrue(message.contains("\"" + name + "\"") && message.contains("downloaded"), message);
        }
        String message = assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder)).getMessage();
        assertTrue(message.contains("config.json") && message.contains(folder.toString()), message);
        assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder.resolve("nowhere")));
    }

    static Stream<String> badModels() throws IOException {
        try (Stream<Path> folders = Files.list(TestData.ROOT.resolve("models-bad"))) {
            return folders.filter(Files::isDirectory).map(folder -> folder.getFileName().toString()).filter(name -> !name.equals("sound")).sorted()
                .toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("badModels")
    void badFoldersAreRefused(String name) {
        Path folder = TestData.ROOT.resolve("models-bad").resolve(name);
        OpenAutoGlmException refusal = assertThrows(OpenAutoGlmException.class, () -> OpenAutoGlm.fromPretrained(folder));
        assertTrue(refusal.getMessage().contains(name), refusal.getMessage());
        assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
    }

    @Test
    void limitsAreChecked() {
        LoadOptions.Builder builder = LoadOptions.builder();
        assertTrue(assertThrows(IllegalArgumentException.class, () -> builder.threads(0)).getMessage().contains("threads is 0"));
        assertThrows(IllegalArgumentException.class, () -> builder.maxTokens(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.maxPasses(0));
        assertThrows(IllegalArgumentException.class, () -> builder.maxImagePixels(0));
        assertThrows(IllegalArgumentException.class, () -> builder.maxPixelsInFlight(-5));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> builder.prefixCacheBytes(-1)).getMessage().contains("bytes is -1, but must be at least 0"));
        assertThrows(NullPointerException.class, () -> builder.device(null));
        assertThrows(NullPointerException.class, () -> builder.hugePages(null));
    }

    /** Passes and threads are about speed and memory; the bits stay. */
    @Test
    void limitsDoNotShowInTheResults() {
        float[] expected;
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            expected = model.encodeTexts("a cat", "a photo of a dog in the snow", "").toArray();
        }
        LoadOptions options = LoadOptions.builder().threads(3).maxTokens(40).maxPasses(1).maxPixelsInFlight(1).hugePages(HugePages.ON).build();
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options)) {
            org.junit.jupiter.api.Assertions.assertArrayEquals(expected, model.encodeTexts("a cat", "a photo of a dog in the snow", "").toArray());
        }
    }

    @Test
    void theHostIsThereAndWhatIsNotIsRefusedWithTheSameReason() {
        for (Device device : List.of(Device.HOST, Device.AUTO)) {
            assertTrue(device.isAvailable());
            assertNull(device.unavailabilityCause());
            assertDoesNotThrow(device::ensureAvailability);
        }
        for (Device device : List.of(Device.CUDA, Device.TENSORRT)) {
            LoadOptions options = LoadOptions.builder().device(device).build();
            if (device.isAvailable()) {
                OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options).close();
                continue;
            }
            assertInstanceOf(UnavailableException.class, device.unavailabilityCause());
            String reason = device.unavailabilityCause().getMessage();
            assertEquals(reason, assertThrows(UnavailableException.class, device::ensureAvailability).getMessage());
            String refusal = assertThrows(UnavailableException.class, () -> OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options)).getMessage();
            assertTrue(refusal.contains(reason), refusal);
        }
    }

    @Test
    void instructionSetsOfOtherCpusAreRefused() {
        for (Isa isa : List.of(Isa.REFERENCE, Isa.AVX2, Isa.AVX512, Isa.NEON)) {
            LoadOptions options = LoadOptions.builder().isa(isa).build();
            if (TestData.instructionSets().contains(isa)) {
                try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options)) {
                    assertEquals(isa, model.backend().isa());
                }
            } else {
                assertThrows(OpenAutoGlmException.class, () -> OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, options));
            }
        }
    }

    @Test
    void diagnosticsAreJsonWithTheLibraries() {
        JsonObject report = JsonParser.parseString(OpenAutoGlm.diagnostics()).getAsJsonObject();
        assertEquals(OpenAutoGlm.version(), report.get("version").getAsString());
        report.getAsJsonArray("libraries").forEach(library -> assertTrue(library.getAsJsonObject().get("usable").getAsBoolean(), library.toString()));
        assertFalse(report.getAsJsonArray("devices").isEmpty());
    }

    @Test
    void aFolderOfAnotherFileSystemIsRefused(@TempDir Path folder) throws IOException {
        try (java.nio.file.FileSystem zip = java.nio.file.FileSystems.newFileSystem(folder.resolve("a.zip"), Map.of("create", "true"))) {
            assertThrows(IllegalArgumentException.class, () -> OpenAutoGlm.fromPretrained(zip.getPath("/model")));
        }
    }

    @Test
    void aModelWithoutTokenizerEncodesPictures(@TempDir Path folder) throws IOException {
        for (String file : List.of("config.json", "model.safetensors", "preprocessor_config.json")) {
            Files.copy(TestData.TINY_CLIP.resolve(file), folder.resolve(file));
        }
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            assertEquals(1, model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).size());
            assertTrue(assertThrows(ModelException.class, () -> model.encodeTexts("a cat")).getMessage().contains("tokenizer.json"));
        }
    }
}
