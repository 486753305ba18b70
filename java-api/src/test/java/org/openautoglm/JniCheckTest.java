package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.internal.Leftovers;

/** What the JVM finds wrong with native code when it looks at each of its calls into the JVM. */
@Timeout(600)
class JniCheckTest {
    private static final Pattern COMPLAINT = Pattern.compile("WARNING in native method|FATAL ERROR in native method|WARNING: JNI");

    @Test
    void nothingIsWrong() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Everything.class, Map.of(), List.of("-Xcheck:jni"));
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains("end"), result.output());
        assertFalse(COMPLAINT.matcher(result.output()).find(), result.output());
    }

    /** Native code that goes on with an exception pending. */
    @Test
    void aPlantedMistakeIsFound(@TempDir Path folder) throws Exception {
        Path source = Files.writeString(folder.resolve("mistake.c"), """
            #include <jni.h>
            JNIEXPORT void JNICALL Java_org_openautoglm_JniCheckTest_00024Mistaken_mistake(JNIEnv* env, jclass type) {
              jclass error = (*env)->FindClass(env, "java/lang/IllegalStateException");
              (*env)->ThrowNew(env, error, "pending");
              (*env)->NewStringUTF(env, "goes on");
            }
            """);
        Path library = folder.resolve("libmistake.so");
        Path include = Path.of(System.getProperty("java.home"), "include");
        Process compiler = new ProcessBuilder("g++", "-x", "c", "-shared", "-fPIC", "-I" + include, "-I" + include.resolve("linux"), "-o",
            library.toString(), source.toString()).inheritIO().start();
        assertEquals(0, compiler.waitFor());
        ChildJvm.Result result = ChildJvm.run(Mistaken.class, Map.of(), List.of("-Xcheck:jni"), library.toString());
        assertTrue(COMPLAINT.matcher(result.output()).find(), result.output());
    }

    /** The child with a mistake. */
    static final class Mistaken {
        private static native void mistake();

        public static void main(String[] arguments) {
            System.load(arguments[0]);
            try {
                mistake();
            } catch (IllegalStateException expected) {
                System.out.println("end");
            }
        }
    }

    /** The child: each kind of input, call and failure. */
    static final class Everything {
        public static void main(String[] arguments) throws Exception {
            OpenAutoGlm.diagnostics();
            Device.CUDA.isAvailable();
            refuse(() -> OpenAutoGlm.fromPretrained(TestData.MODELS));
            refuse(() -> OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().device(Device.TENSORRT).build()));
            OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
            byte[] encoded = Files.readAllBytes(TestData.LANDSCAPE);
            Features images = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE), ImageInput.of(encoded),
                ImageInput.of(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB)), ImageInput.of(new BufferedImage(40, 30, BufferedImage.TYPE_BYTE_GRAY)),
                ImageInput.ofRgb(ByteBuffer.allocate(2700), 30, 30), ImageInput.ofRgb(ByteBuffer.allocateDirect(2700), 30, 30)));
            Features texts = model.encodeTexts("a cat", "", "Straße 🎉", "a photo of ".repeat(200));
            model.forward(images, texts).probabilities();
            images.normalized();
            model.encodeTexts(List.of("a"), new float[images.dimension()]);
            model.encodeImages(List.of(ImageInput.of(encoded)), FloatBuffer.allocate(images.dimension()));
            model.tokenize("a cat");
            refuse(() -> model.encodeImages(List.of(ImageInput.of(new byte[3]), ImageInput.of(Path.of("/nowhere")))));
            refuse(() -> model.encodeTexts("\uD83C"));
            refuse(() -> model.encodeTexts(List.of()));
            Path broken = Files.createTempDirectory("broken");
            for (String file : List.of("config.json", "model.safetensors", "preprocessor_config.json")) {
                Files.copy(TestData.TINY_CLIP.resolve(file), broken.resolve(file));
            }
            Files.writeString(broken.resolve("tokenizer.json"), "{\"model\": 3}"); // an exception out of the tokenizer library
            refuse(() -> OpenAutoGlm.fromPretrained(broken));
            for (Path file : List.of(broken.resolve("tokenizer.json"), broken.resolve("config.json"), broken.resolve("model.safetensors"),
                    broken.resolve("preprocessor_config.json"), broken)) {
                Files.delete(file);
            }
            model.close();
            refuse(() -> model.encodeTexts("closed"));
            images.normalized();
            OpenAutoGlm.diagnostics();
            if (!Leftovers.text().isEmpty()) {
                throw new AssertionError(Leftovers.text());
            }
            System.out.println("end");
        }

        private static void refuse(Runnable call) {
            try {
                call.run();
            } catch (OpenAutoGlmException | IllegalArgumentException | IllegalStateException expected) {
                return;
            }
            throw new AssertionError("not refused");
        }
    }
}
