package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** The life of a model. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // closing cannot be interrupted
class CloseTest {
    @Test
    void everyCallAfterCloseIsRefused() {
        OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        Features images = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
        Features texts = model.encodeTexts("a cat");
        model.close();
        model.close();
        for (Executable call : List.<Executable>of(
            () -> model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))),
            () -> model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)), new float[images.dimension()]),
            () -> model.encodeTexts("a cat"),
            () -> model.encodeTexts(List.of("a cat"), new float[images.dimension()]),
            () -> model.tokenize("a cat"),
            () -> model.forward(images, texts))) {
            String message = assertThrows(IllegalStateException.class, call).getMessage();
            assertTrue(message.contains("tiny-clip") && message.contains("closed"), message);
        }
        assertEquals("clip", model.info().family());
        assertNotNull(model.backend().reason());
        assertEquals(1, images.normalized().size()); // results outlive the model
    }

    @Test
    void closeFromACallbackIsRefusedAndTheCallGoesOn() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            AtomicReference<Exception> refusal = new AtomicReference<>();
            HookedImage image = new HookedImage(() -> {
                try {
                    model.close();
                } catch (IllegalStateException expected) {
                    refusal.set(expected);
                }
            });
            assertEquals(1, model.encodeImages(List.of(ImageInput.of(image))).size());
            assertNotNull(refusal.get());
            assertTrue(refusal.get().getMessage().contains("from within"), refusal.get().getMessage());
            assertEquals(1, model.encodeTexts("still open").size());
        }
    }

    @Test
    void anotherModelMayBeClosedFromACallback() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            OpenAutoGlm other = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
            model.encodeImages(List.of(ImageInput.of(new HookedImage(other::close))));
            assertThrows(IllegalStateException.class, () -> other.encodeTexts("closed"));
        }
    }

    /** What a picture throws is the failure of that item; an error of the JVM is not. */
    @Test
    void theCallersOwnExceptionIsTheItemsFailureAndTheModelServesOn() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            RuntimeException own = new RuntimeException("own");
            HookedImage image = new HookedImage(() -> {
                throw own;
            });
            float[] expected = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).vector(0);
            BatchException failure = assertThrows(BatchException.class,
                () -> model.encodeImages(List.of(ImageInput.of(image).named("mine"), ImageInput.of(TestData.LANDSCAPE))));
            assertEquals(ImageException.class, failure.failures().get(0).getClass());
            assertEquals(own, failure.failures().get(0).getCause());
            assertTrue(failure.getMessage().contains("mine: ") && failure.getMessage().contains("own"), failure.getMessage());
            assertArrayEquals(expected, failure.finished().vector(0));

            Error error = new StackOverflowError("own");
            HookedImage erring = new HookedImage(() -> {
                throw error;
            });
            assertSame(error, assertThrows(Error.class, () -> model.encodeImages(List.of(ImageInput.of(erring)))));
            assertEquals(1, model.encodeTexts("still open").size());
        }
    }

    @Test
    void closeWaitsForACallInProgress() throws InterruptedException {
        OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicReference<Features> result = new AtomicReference<>();
        HookedImage image = new HookedImage(() -> {
            inside.countDown();
            try {
                leave.await();
            } catch (InterruptedException cause) {
                throw new AssertionError(cause);
            }
        });
        Thread caller = new Thread(() -> result.set(model.encodeImages(List.of(ImageInput.of(image)))));
        caller.start();
        inside.await();
        Thread closer = new Thread(model::close);
        closer.start();
        Threads.awaitParked(closer);
        assertThrows(IllegalStateException.class, () -> model.encodeTexts("too late"));
        assertTrue(closer.isAlive());
        leave.countDown();
        closer.join();
        caller.join();
        assertEquals(1, result.get().size());
        for (float value : result.get().toArray()) {
            assertTrue(Float.isFinite(value));
        }
    }

    @Test
    void aForgottenModelIsFreedWithAWarning() throws InterruptedException {
        try (Logged logged = new Logged()) {
            forget();
            for (int i = 0; i < 200 && logged.count("was not closed") == 0; i++) {
                System.gc();
                Thread.sleep(50);
            }
            assertEquals(1, logged.count("was not closed"), logged.text());
            assertTrue(logged.text().contains("CloseTest.forget"), logged.text());
        }
    }

    private static void forget() {
        assertFalse(OpenAutoGlm.fromPretrained(TestData.TINY_CLIP).info().hash().isEmpty());
    }
}
