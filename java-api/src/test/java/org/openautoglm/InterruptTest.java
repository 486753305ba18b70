package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt does not end a call: it completes as ever, and the thread is still interrupted afterwards. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InterruptTest {
    @AfterEach
    void clear() {
        Thread.interrupted();
    }

    @Test
    void callsOfAnInterruptedThreadComplete(@TempDir Path folder) throws Exception {
        try (FileSystem zip = FileSystems.newFileSystem(folder.resolve("a.zip"), Map.of("create", "true"))) {
            Path zipped = Files.copy(TestData.LANDSCAPE, zip.getPath("/landscape.jpg"));
            Path empty = Files.createFile(folder.resolve("empty.jpg"));
            List<ImageInput> images = List.of(ImageInput.of(TestData.LANDSCAPE), ImageInput.of(Files.readAllBytes(TestData.LANDSCAPE)),
                ImageInput.of(zipped), ImageInput.of(new HookedImage(() -> { })));
            float[] rightImages;
            float[] rightTexts;
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
                rightImages = model.encodeImages(images).toArray();
                rightTexts = model.encodeTexts("a cat", "a dog").toArray();
            }

            Thread.currentThread().interrupt();
            OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
            requireInterrupted("fromPretrained");
            Features imageFeatures = model.encodeImages(images);
            requireInterrupted("encodeImages");
            assertArrayEquals(rightImages, imageFeatures.toArray());
            Features textFeatures = model.encodeTexts("a cat", "a dog");
            requireInterrupted("encodeTexts");
            assertArrayEquals(rightTexts, textFeatures.toArray());
            assertTrue(Float.isFinite(model.forward(imageFeatures, textFeatures).get(0, 0)));
            requireInterrupted("forward");
            assertTrue(model.tokenize("a cat").length > 2);
            requireInterrupted("tokenize");
            // What is bad is bad for its own reasons.
            BatchException failure = assertThrows(BatchException.class, () -> model.encodeImages(List.of(ImageInput.of(empty), images.get(0))));
            assertEquals(1, failure.finishedIndices().length);
            requireInterrupted("a failing encodeImages");
            model.close();
            requireInterrupted("close");
            assertThrows(IllegalStateException.class, () -> model.encodeTexts("closed"));
        }
    }

    private static void requireInterrupted(String call) {
        assertTrue(Thread.currentThread().isInterrupted(), call + " swallowed the interrupt");
    }

    /** At any moment of reading and computing; the batch has enough pictures for many. */
    @Test
    void anInterruptDuringACallDoesNotShow() throws Exception {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            float[] expected = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).toArray();
            AtomicReference<Throwable> wrong = new AtomicReference<>();
            Thread caller = new Thread(() -> {
                for (int round = 0; round < 8; round++) {
                    Features features = model.encodeImages(Collections.nCopies(100, ImageInput.of(TestData.LANDSCAPE)));
                    for (int i = 0; i < features.size(); i++) {
                        assertArrayEquals(expected, features.vector(i));
                    }
                }
                while (!Thread.interrupted()) {
                    Thread.onSpinWait(); // at least the last interrupt is still there, or yet to come
                }
            });
            caller.setUncaughtExceptionHandler((thread, failure) -> wrong.set(failure));
            caller.start();
            for (int i = 0; caller.isAlive(); i++) {
                caller.interrupt();
                if (i % 8 == 0) {
                    Thread.sleep(1);
                }
            }
            caller.join();
            assertNull(wrong.get(), () -> String.valueOf(wrong.get()));
        }
    }

    /** The first call of a process unpacks and loads libraries. */
    @Test
    void anInterruptedThreadMayBeTheFirst(@TempDir Path folder) throws Exception {
        ChildJvm.Result result = ChildJvm.run(InterruptedStart.class, Map.of(), List.of("-Dopenautoglm.cache=" + folder.resolve("cache")));
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains(Answer.right()), result.output());
    }

    /** The child. */
    static final class InterruptedStart {
        public static void main(String[] arguments) {
            Thread.currentThread().interrupt();
            Answer.run();
            if (!Thread.interrupted()) {
                throw new AssertionError("the interrupt was swallowed");
            }
        }
    }
}
