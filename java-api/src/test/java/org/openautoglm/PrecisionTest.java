package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Precisions below fp32: what they are worth, what a load in one says, and what is refused. */
class PrecisionTest {
    private static final int SCENES = 200;

    @TempDir Path folder;

    private static OpenAutoGlm load(Path model, Precision precision, boolean allowInaccurate) {
        return OpenAutoGlm.fromPretrained(model, LoadOptions.builder().precision(precision).allowInaccurate(allowInaccurate).build());
    }

    /** tiny-clip with one channel of every layer norm a thousand times what it was, which the matrices behind take back: no int8 can hold that beside the others. */
    private Path spoiledModel() throws IOException {
        try (Stream<Path> files = Files.list(TestData.TINY_CLIP)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        Path weights = folder.resolve("model.safetensors");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = Math.toIntExact(bytes.getLong(0));
        JsonObject header = JsonParser.parseString(new String(bytes.array(), 8, headerLength, StandardCharsets.UTF_8)).getAsJsonObject();
        for (Map.Entry<String, com.google.gson.JsonElement> tensor : header.entrySet()) {
            String name = tensor.getKey();
            if (name.equals("__metadata__") || !tensor.getValue().getAsJsonObject().get("dtype").getAsString().equals("F32")) {
                continue;
            }
            int[] shape = TestData.ints(tensor.getValue().getAsJsonObject().get("shape"));
            int[] offsets = TestData.ints(tensor.getValue().getAsJsonObject().get("data_offsets"));
            boolean norm = name.contains("layer_norm") || name.contains("post_layernorm");
            boolean behind = shape.length == 2 && name.matches(".*(q_proj|k_proj|v_proj|fc1|visual_projection|text_projection).*");
            int step = behind ? shape[1] : Integer.MAX_VALUE;
            if (norm || behind) {
                for (long i = 3; 4 * i < offsets[1] - offsets[0]; i += step) {
                    int at = 8 + headerLength + offsets[0] + (int) (4 * i);
                    bytes.putFloat(at, norm ? bytes.getFloat(at) * 1000 : bytes.getFloat(at) / 1000);
                }
            }
        }
        Files.write(weights, bytes.array());
        return folder;
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "INT8"})
    void aModelTellsWhatItsPrecisionIsWorth(Precision precision) {
        try (OpenAutoGlm model = load(TestData.TINY_CLIP, precision, false); OpenAutoGlm exact = load(TestData.TINY_CLIP, Precision.FP32, false)) {
            Backend backend = model.backend();
            assertEquals(precision, backend.precision());
            double required = precision == Precision.INT8 ? 0.99 : 0.999;
            assertTrue(backend.leastImageCosine() >= required && backend.leastImageCosine() < 1, backend.toString());
            assertTrue(backend.leastTextCosine() >= required && backend.leastTextCosine() < 1, backend.toString());
            assertTrue(backend.reason().contains("least cosine with fp32: 0.99"), backend.reason());
            assertTrue(backend.description().contains(precision.name().toLowerCase(java.util.Locale.ROOT)), backend.description());
            assertEquals(1, exact.backend().leastImageCosine());
            assertEquals(exact.info().hash(), model.info().hash());
            // On a real picture it is as close as on the built-in ones, or nearly.
            Features own = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
            Features right = exact.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
            assertTrue(TestData.cosine(own.vector(0), right.vector(0)) > required - 0.01);
            assertFalse(java.util.Arrays.equals(own.vector(0), right.vector(0)));
            assertEquals(precision, own.precision());
        }
    }

    @Test
    void featuresOfTwoPrecisionsAreWarnedAbout() {
        try (OpenAutoGlm model = load(TestData.TINY_CLIP, Precision.FP32, false); OpenAutoGlm other = load(TestData.TINY_CLIP, Precision.BF16, false);
             Logged logged = new Logged()) {
            Features images = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
            Features texts = other.encodeTexts("a cat");
            model.forward(images, texts);
            model.forward(images, texts);
            assertEquals(1, logged.count("do not compare"), logged.text());
            assertTrue(logged.text().contains("BF16"), logged.text());
            assertThrows(IllegalArgumentException.class, () -> Features.concat(List.of(model.encodeTexts("a"), other.encodeTexts("a"))));
        }
    }

    /** Where the cosine means something: a model that was trained, and what it is right about. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "INT8"})
    void theDemoModelKnowsAsMuch(Precision precision) {
        Random random = new Random(4);
        List<ImageInput> pictures = new ArrayList<>();
        List<String> captions = new ArrayList<>(); // per scene: the true one and its rivals
        for (int i = 0; i < SCENES; i++) {
            DemoScene scene = DemoScene.random(random);
            pictures.add(ImageInput.of(scene.draw()));
            captions.add(scene.caption());
            for (int attribute = 0; attribute < 3; attribute++) {
                captions.add(scene.changed(attribute).get(0));
            }
            captions.add(scene.inverse());
        }
        LoadOptions fp32 = LoadOptions.builder().precision(Precision.FP32).build();
        try (OpenAutoGlm exact = OpenAutoGlm.fromPretrained("open-autoglm-demo", fp32);
             OpenAutoGlm model = OpenAutoGlm.fromPretrained("open-autoglm-demo", LoadOptions.builder().precision(precision).build())) {
            int right = right(exact, pictures, captions);
            int own = right(model, pictures, captions);
            System.out.println("demo model: of " + SCENES + " scenes, " + right + " right in fp32 and " + own + " in " + precision + "; " + model.backend().reason());
            assertTrue(right > SCENES / 2, right + " of " + SCENES);
            assertTrue(own >= right - SCENES / 50, own + " of " + SCENES + ", but " + right + " in fp32");
        }
    }

    private static int right(OpenAutoGlm model, List<ImageInput> pictures, List<String> captions) {
        Features images = model.encodeImages(pictures);
        Features texts = model.encodeTexts(captions);
        int each = captions.size() / pictures.size();
        int right = 0;
        for (int i = 0; i < pictures.size(); i++) {
            double truth = TestData.cosine(images.vector(i), texts.vector(i * each));
            boolean best = true;
            for (int rival = 1; rival < each; rival++) {
                best &= truth > TestData.cosine(images.vector(i), texts.vector(i * each + rival));
            }
            right += best ? 1 : 0;
        }
        return right;
    }

    @Test
    void anInaccuratePrecisionIsRefusedUnlessItIsAllowed() throws IOException {
        Path spoiled = spoiledModel();
        UnsupportedException refusal = assertThrows(UnsupportedException.class, () -> load(spoiled, Precision.INT8, false).close());
        assertTrue(refusal.getMessage().contains(spoiled + ": precision int8 is too inaccurate with these weights: least cosine with fp32: "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("LoadOptions.allowInaccurate"), refusal.getMessage());
        try (OpenAutoGlm model = load(spoiled, Precision.INT8, true); OpenAutoGlm automatic = load(spoiled, Precision.AUTO, false)) {
            assertTrue(Math.min(model.backend().leastImageCosine(), model.backend().leastTextCosine()) < 0.99, model.backend().reason());
            assertTrue(model.backend().reason().contains("for that is allowed"), model.backend().reason());
            assertTrue(automatic.backend().precision() != Precision.INT8);
        }
        PrecisionCheck check = OpenAutoGlm.checkPrecisions(spoiled, LoadOptions.defaults());
        assertFalse(check.lines().get(3).accurate());
        assertTrue(check.lines().get(3).leastWithoutKept() <= check.lines().get(3).images().mean());
    }

    @Test
    void whatTheHostDoesNotComputeInIsRefused() {
        UnsupportedException refusal = assertThrows(UnsupportedException.class, () -> load(TestData.TINY_CLIP, Precision.FP16, true).close());
        assertTrue(refusal.getMessage().contains("precision fp16") && refusal.getMessage().contains("bf16"), refusal.getMessage());
    }

    @Test
    void aCheckHasALineForEachPrecision() {
        PrecisionCheck check = OpenAutoGlm.checkPrecisions(TestData.TINY_CLIP, LoadOptions.builder().device(Device.HOST).threads(2).build());
        assertEquals(List.of(Precision.FP32, Precision.BF16, Precision.FP16, Precision.INT8), check.lines().stream().map(PrecisionCheck.Line::precision).toList());
        assertTrue(check.backend().startsWith("host ") && check.backend().endsWith(", 2 threads"), check.backend());
        assertEquals(6, check.pictures());
        assertEquals(8, check.texts());
        assertTrue(check.lines().get(2).refusal().contains("fp16"));
        assertNull(check.lines().get(1).refusal());
        for (int line : new int[] {1, 3}) {
            PrecisionCheck.Cosines images = check.lines().get(line).images();
            assertTrue(check.lines().get(line).accurate());
            assertTrue(images.least() <= images.mean() && images.least() > 0.99 && images.alike() < 0.95, images.toString());
        }
        assertTrue(check.automatic() == Precision.FP32 || check.automatic() == Precision.BF16);
        // What a load of the same finds.
        try (OpenAutoGlm model = load(TestData.TINY_CLIP, Precision.BF16, false)) {
            assertEquals(check.modelHash(), model.info().hash());
            assertTrue(model.backend().reason().contains("measured before"), model.backend().reason());
            assertEquals(check.lines().get(1).images().least(), model.backend().leastImageCosine());
        }
        assertThrows(ModelException.class, () -> OpenAutoGlm.checkPrecisions("/nowhere", LoadOptions.defaults()));
        assertThrows(NullPointerException.class, () -> OpenAutoGlm.checkPrecisions((Path) null, LoadOptions.defaults()));
    }

    @Test
    void moreThreadsThanCpusGiveTheSame() {
        List<ImageInput> images = List.of(ImageInput.of(TestData.LANDSCAPE), ImageInput.of(TestData.LANDSCAPE));
        for (Precision precision : List.of(Precision.FP32, Precision.BF16, Precision.INT8)) {
            float[] right = null;
            for (int threads : new int[] {1, 4 * Runtime.getRuntime().availableProcessors() + 1}) {
                try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(threads).precision(precision).build())) {
                    assertEquals(threads, model.backend().threads());
                    float[] own = model.encodeImages(images).toArray();
                    right = right == null ? own : right;
                    assertArrayEquals(right, own);
                }
            }
        }
    }

    @Test
    void thePeakAndTheOperationsTellHowMuchOfTheMachineIsUsed() {
        try (OpenAutoGlm model = load(TestData.TINY_CLIP, Precision.INT8, false)) {
            assertTrue(model.measurePeak() > 1e6);
            assertEquals(8 * model.countOperations(1, 0, 0), model.countOperations(8, 0, 0));
            assertEquals(model.countOperations(1, 0, 0) + model.countOperations(0, 2, 9), model.countOperations(1, 2, 9));
            assertThrows(IllegalArgumentException.class, () -> model.countOperations(-1, 0, 0));
        }
    }

    @Test
    void theEnvironmentIsTheDefault() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Reporting.class, Map.of("OPENAUTOGLM_PRECISION", "bf16"), List.of());
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains("BF16 FP32"), result.output());
        ChildJvm.Result wrong = ChildJvm.run(Reporting.class, Map.of("OPENAUTOGLM_PRECISION", "fp8"), List.of());
        assertTrue(wrong.output().contains("the environment variable OPENAUTOGLM_PRECISION is \"fp8\"; it may be auto, fp32, bf16, fp16, int8"), wrong.output());
        // An instruction set that this machine does not have, whatever it is.
        String missing = System.getProperty("os.arch").equals("aarch64") ? "avx512" : "neon";
        ChildJvm.Result isa = ChildJvm.run(Reporting.class, Map.of("OPENAUTOGLM_ISA", missing), List.of());
        assertTrue(isa.output().contains("instruction set " + missing + ": ") && isa.output().contains("usable here: "), isa.output());
        if (!OpenAutoGlm.diagnostics().contains("\"name\":\"avx512\",\"usable\":true")) {
            ChildJvm.Result avx512 = ChildJvm.run(Reporting.class, Map.of("OPENAUTOGLM_ISA", "avx512"), List.of());
            assertTrue(avx512.output().contains("instruction set avx512: ") && avx512.output().contains("usable here: "), avx512.output());
        }
    }

    /** The child: what it gets when it asks for nothing, and when it asks. */
    static final class Reporting {
        public static void main(String[] arguments) {
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP); OpenAutoGlm asked = load(TestData.TINY_CLIP, Precision.FP32, false)) {
                System.out.println(model.backend().precision() + " " + asked.backend().precision());
            }
        }
    }
}
