package org.openautoglm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * A future whose work, and whose continuations without an executor of their own ({@code thenApplyAsync(f)} and the like), run on the caller's executor.
 * Plain futures would run the latter on the common pool.
 */
final class ExecutorFuture<T> extends CompletableFuture<T> {
    private final Executor executor;

    private ExecutorFuture(Executor executor) {
        this.executor = executor;
    }

    /** Runs {@code work} on {@code executor}; not at all when the future is cancelled before its turn comes. */
    static <T> CompletableFuture<T> run(Executor executor, Supplier<T> work) {
        ExecutorFuture<T> future = new ExecutorFuture<>(executor);
        executor.execute(() -> {
            if (future.isDone()) {
                return;
            }
            try {
                future.complete(work.get());
            } catch (Throwable failure) {
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    @Override public Executor defaultExecutor() {
        return executor;
    }

    @Override public <U> CompletableFuture<U> newIncompleteFuture() {
        return new ExecutorFuture<>(executor);
    }
}
