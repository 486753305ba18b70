package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Broken model folders: each is refused with one exception that names the file, and what in it is wrong; a model that is already loaded goes on
 * with the same bits, and the next load works. LoadTest has testdata/models-bad, TokenizerFileTest the tokenizers.
 */
@Timeout(300)
class HostileModelTest {
    private static final Path SOUND = TestData.ROOT.resolve("models-bad/sound");
    private static final String WEIGHTS = DamagedFolders.WEIGHTS;

    private static OpenAutoGlm serving;
    private static float[] served;

    @TempDir private Path folder;

    @BeforeAll
    static void load() {
        serving = OpenAutoGlm.fromPretrained(SOUND);
        served = answer(serving);
    }

    @AfterAll
    static void close() {
        serving.close();
    }

    /** After every fault. */
    @AfterEach
    void theLoadedModelServesOnAndTheNextLoadWorks() {
        assertArrayEquals(served, answer(serving));
        try (OpenAutoGlm next = OpenAutoGlm.fromPretrained(SOUND)) {
            assertArrayEquals(served, answer(next));
        }
    }

    private static float[] answer(OpenAutoGlm model) {
        float[] all = new float[3 * model.info().embeddingSize()];
        FloatBuffer rows = FloatBuffer.wrap(all);
        model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)), rows);
        model.encodeTexts(List.of("a cat", ""), rows);
        return all;
    }

    private void copySound() throws IOException {
        try (Stream<Path> files = Files.list(SOUND)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
    }

    private static void assertSaid(Exception refusal, List<String> parts) {
        for (String part : parts) {
            assertTrue(refusal.getMessage().contains(part), () -> "\"" + part + "\" is not in: " + refusal.getMessage());
        }
        assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
    }

    @ParameterizedTest
    @MethodSource("org.openautoglm.DamagedFolders#all")
    void damagedFoldersAreRefused(DamagedFolders.Case damaged) throws Exception {
        copySound();
        damaged.damage().to(folder);
        ModelException refusal = assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder).close());
        assertSaid(refusal, damaged.said());
        assertTrue(refusal.getMessage().startsWith(folder.toString()), refusal.getMessage());
    }

    @Test
    void knownBadFoldersNameTheTensorAndTheRemedy() {
        Path bad = SOUND.resolveSibling("none");
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(bad.resolveSibling("missing-tensor"))), List.of("vision_model.post_layernorm.weight"));
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(bad.resolveSibling("wrong-shape"))),
            List.of("text_model.encoder.layers.0.mlp.fc1.weight", "[8, 12]", "[12, 8]"));
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(bad.resolveSibling("nan-weight"))),
            List.of("vision_model.encoder.layers.0.mlp.fc2.weight", "NaN"));
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(bad.resolveSibling("missing-shard"))), List.of("model-00002-of-00002.safetensors", "download"));
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(bad.resolveSibling("bin-only"))), List.of("pytorch_model.bin", "Convert"));
        assertSaid(assertThrows(UnsupportedException.class, () -> OpenAutoGlm.fromPretrained(bad.resolveSibling("unknown-model-type"))), List.of("clippy", "clip"));
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(SOUND.resolve("config.json"))), List.of("config.json", "is a file"));
    }

    /** exp(60,000) is no float: found when it is computed. */
    @Test
    void finiteWeightsThatOverflowAreNamed() throws IOException {
        copySound();
        try (RandomAccessFile weights = new RandomAccessFile(folder.resolve(WEIGHTS).toFile(), "rw")) {
            byte[] header = new byte[(int) Long.reverseBytes(weights.readLong())];
            weights.readFully(header);
            long begin = com.google.gson.JsonParser.parseString(new String(header)).getAsJsonObject().getAsJsonObject("logit_scale")
                .getAsJsonArray("data_offsets").get(0).getAsLong();
            weights.seek(8 + header.length + begin);
            weights.write(new byte[] {0x53, 0x7b}); // F16
        }
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            Features images = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
            Features texts = model.encodeTexts("a cat");
            assertSaid(assertThrows(ModelException.class, () -> model.forward(images, texts)), List.of(folder.toString(), "overflow"));
        }
    }

    @Test
    void aTokenizerWithoutSpecialTokensIsNamed() throws IOException {
        copySound();
        DamagedFolders.edit(folder.resolve("tokenizer.json"), json -> json.add("post_processor", com.google.gson.JsonNull.INSTANCE));
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            assertSaid(assertThrows(ModelException.class, () -> model.encodeTexts("a cat", "")), List.of("tokenizer.json", "0 tokens", "post_processor"));
        }
    }

    /** Nothing that a terminal obeys comes out of a file's names. */
    @Test
    void namesInFilesStayOnTheirLine() throws IOException {
        copySound();
        Files.delete(folder.resolve(WEIGHTS));
        Files.writeString(folder.resolve(WEIGHTS + ".index.json"), "{\"weight_map\": {\"a\": \"b\\n\\u001b[31m.safetensors\"}}");
        ModelException refusal = assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder).close());
        assertSaid(refusal, List.of("b??[31m.safetensors"));
    }

    /** Pictures need no tokenizer; texts say what is missing, at the call. */
    @Test
    void withoutATokenizerPicturesAreStillServed() throws IOException {
        copySound();
        Files.delete(folder.resolve("tokenizer.json"));
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            assertEquals(1, model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).size());
            assertSaid(assertThrows(ModelException.class, () -> model.encodeTexts("a cat")), List.of(folder.toString(), "tokenizer.json"));
        }
    }

    @Test
    void aTokenizerOfAnotherModelIsNamedWhenTheModelIsLoaded() throws IOException {
        copySound();
        Files.copy(TestData.TINY_CLIP.resolve("tokenizer.json"), folder.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
        assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder)),
            List.of(folder.resolve("tokenizer.json").toString(), "table of tokens has 54 rows", "another model's tokenizer"));
    }

    /** Where permissions bind this user; root reads everything. */
    @Test
    void aFileWithoutPermissionIsNamed() throws IOException {
        copySound();
        Path weights = folder.resolve(WEIGHTS);
        Files.setPosixFilePermissions(weights, PosixFilePermissions.fromString("---------"));
        if (Files.isReadable(weights)) {
            OpenAutoGlm.fromPretrained(folder).close();
        } else {
            assertSaid(assertThrows(ModelException.class, () -> OpenAutoGlm.fromPretrained(folder)), List.of(weights.toString(), "ermission denied"));
        }
    }

    /** Weights are cut and written again while they are read, some hundreds of times: each load fails cleanly, or has the right bits. */
    @Test
    void aFileThatChangesWhileItLoads() throws Exception {
        copySound();
        Path weights = folder.resolve(WEIGHTS);
        byte[] whole = Files.readAllBytes(weights);
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<Exception> failure = new AtomicReference<>();
        Thread cutter = new Thread(() -> {
            Random random = new Random(2);
            while (!done.get()) {
                try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
                    int length = random.nextInt(whole.length);
                    file.setLength(length);
                    Thread.yield();
                    file.seek(length);
                    file.write(whole, length, whole.length - length);
                    for (int i = random.nextInt(4); i > 0; i--) {
                        Thread.yield();
                    }
                } catch (IOException cause) {
                    failure.set(cause);
                }
            }
        });
        cutter.start();
        int loaded = 0;
        int refused = 0;
        try {
            for (int i = 0; i < 20_000 && (i < 300 || loaded < 20 || refused < 20); i++) {
                try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
                    loaded++;
                    if (loaded % 8 == 1) {
                        assertArrayEquals(served, answer(model));
                    }
                } catch (ModelException refusal) {
                    refused++;
                    assertSaid(refusal, List.of(WEIGHTS));
                }
            }
        } finally {
            done.set(true);
            cutter.join();
        }
        assertEquals(null, failure.get());
        assertTrue(loaded >= 20 && refused >= 20, loaded + " loads worked, " + refused + " were refused");
    }

    @Test
    void filesThatAreReplacedCutOrGoneAfterTheLoadDoNotMatter() throws Exception {
        copySound();
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder)) {
            DamagedFolders.length(5).to(folder);
            assertArrayEquals(served, answer(model));
            Files.copy(TestData.TINY_CLIP.resolve(WEIGHTS), folder.resolve(WEIGHTS), StandardCopyOption.REPLACE_EXISTING);
            Files.delete(folder.resolve("tokenizer.json"));
            Files.writeString(folder.resolve("config.json"), "nonsense");
            assertArrayEquals(served, answer(model));
        }
    }

    /** The hash tells folders apart whose texts have other ids. */
    @Test
    void theHashCoversTheTokenizer() throws IOException {
        copySound();
        try (OpenAutoGlm same = OpenAutoGlm.fromPretrained(folder)) {
            assertEquals(serving.info().hash(), same.info().hash());
        }
        DamagedFolders.edit(folder.resolve("tokenizer.json"), json -> json.add("normalizer", com.google.gson.JsonNull.INSTANCE));
        try (OpenAutoGlm other = OpenAutoGlm.fromPretrained(folder)) {
            assertTrue(!serving.info().hash().equals(other.info().hash()));
        }
    }
}
