package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Futures on the caller's executor and nowhere else. */
@Timeout(60)
class AsyncTest {
    private static OpenAutoGlm model;

    @BeforeAll
    static void load() {
        model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void everythingRunsOnTheGivenExecutor() {
        ExecutorService executor = Executors.newFixedThreadPool(2, work -> new Thread(work, "mine"));
        Set<String> threads = ConcurrentHashMap.newKeySet();
        HookedImage image = new HookedImage(() -> threads.add(Thread.currentThread().getName()));
        CompletableFuture<Features> images = model.encodeImagesAsync(List.of(ImageInput.of(image)), executor);
        CompletableFuture<Features> texts = model.encodeTextsAsync(List.of("a cat", "a dog"), executor);
        // Continuations without an executor of their own would run on the common pool.
        int best = images.thenCombineAsync(texts, (i, t) -> {
            threads.add(Thread.currentThread().getName());
            return model.forward(i, t);
        }).thenApplyAsync(logits -> {
            threads.add(Thread.currentThread().getName());
            return logits.bestText(0);
        }).join();
        assertEquals(Set.of("mine"), threads);
        Logits logits = model.forwardAsync(images.join(), texts.join(), executor).join();
        assertEquals(best, logits.bestText(0));
        assertArrayEquals(model.encodeTexts("a cat", "a dog").toArray(), texts.join().toArray());
        executor.shutdown();
    }

    @Test
    void theListMayChangeAfterwards() {
        Queue<Runnable> later = new ArrayDeque<>();
        List<String> texts = new ArrayList<>(List.of("a cat"));
        CompletableFuture<Features> future = model.encodeTextsAsync(texts, later::add);
        texts.set(0, "a dog");
        texts.add("and more");
        later.remove().run();
        assertArrayEquals(model.encodeTexts("a cat").toArray(), future.join().toArray());
    }

    @Test
    void failuresCompleteTheFuture() {
        Executor direct = Runnable::run;
        CompletableFuture<Features> future = model.encodeImagesAsync(List.of(ImageInput.of(new byte[3])), direct);
        assertInstanceOf(BatchException.class, assertThrows(CompletionException.class, future::join).getCause());
        CompletableFuture<Features> empty = model.encodeTextsAsync(List.of(), direct);
        assertInstanceOf(IllegalArgumentException.class, assertThrows(CompletionException.class, empty::join).getCause());
        Executor full = work -> {
            throw new RejectedExecutionException("full");
        };
        assertThrows(RejectedExecutionException.class, () -> model.encodeTextsAsync(List.of("a"), full));
    }

    @Test
    void whatIsCancelledBeforeItsTurnIsNotComputed() {
        Queue<Runnable> later = new ArrayDeque<>();
        List<String> reads = new ArrayList<>();
        HookedImage image = new HookedImage(() -> reads.add("read"));
        CompletableFuture<Features> future = model.encodeImagesAsync(List.of(ImageInput.of(image)), later::add);
        future.cancel(false);
        later.remove().run();
        assertTrue(reads.isEmpty());
    }

    /** A continuation runs after the call, so it may close the model even on the calling thread. */
    @Test
    void aContinuationMayCloseTheModel() {
        OpenAutoGlm own = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        Queue<Runnable> later = new ArrayDeque<>();
        CompletableFuture<Void> closed = own.encodeTextsAsync(List.of("a cat"), later::add).thenAccept(features -> own.close());
        later.remove().run();
        closed.join();
        assertThrows(IllegalStateException.class, () -> own.encodeTexts("a cat"));
    }
}
