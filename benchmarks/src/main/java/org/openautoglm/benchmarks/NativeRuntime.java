package org.openautoglm.benchmarks;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openautoglm.bindings.Memory;
import org.openautoglm.bindings.Native;

/**
 * What the harness needs of the C ABI and the Java API does not offer: the hardware's peak, and preprocessed pixels for a peer that prepares no
 * pictures. A runtime of its own, with the thread count and instruction set that the measured models use.
 */
final class NativeRuntime implements AutoCloseable {
    private static final int ERROR_CAPACITY = 1024;

    private final long error = Memory.allocate(ERROR_CAPACITY);
    private final long runtime;

    /**
     * Starts the worker threads.
     *
     * @param threads 1 or more
     */
    NativeRuntime(int threads) {
        try (Arena arena = new Arena()) {
            long options = arena.allocate(Native.sizeof_oag_runtime_options);
            arena.view(options).putInt(0, Native.sizeof_oag_runtime_options)
                .putInt(Native.offsetof_oag_runtime_options_device, Native.OAG_DEVICE_HOST)
                .putInt(Native.offsetof_oag_runtime_options_threads, threads);
            long out = arena.allocate(Long.BYTES);
            check(Native.oag_runtime_create(options, out, error, ERROR_CAPACITY));
            runtime = arena.view(out).getLong(0);
        }
    }

    /** fp32 operations per second that all threads reach together right now; takes about 0.2 s. */
    double measurePeak() {
        try (Arena arena = new Arena()) {
            long flops = arena.allocate(Double.BYTES);
            check(Native.oag_measure_peak(runtime, flops, error, ERROR_CAPACITY));
            return arena.view(flops).getDouble(0);
        }
    }

    /** Loads a model folder to prepare pictures as its processor does; to be closed before this runtime. */
    Processor processor(Path folder) {
        return new Processor(load(folder));
    }

    /**
     * Loads a model folder to encode one picture by raw addresses, in fp32; to be closed before this runtime.
     *
     * @param pixels direct: R, G, B bytes
     * @param embeddingSize of the model
     */
    Encoder encoder(Path folder, ByteBuffer pixels, int width, int height, int embeddingSize) {
        return new Encoder(load(folder), pixels, width, height, embeddingSize);
    }

    private long load(Path folder) {
        byte[] name = folder.toString().getBytes(StandardCharsets.UTF_8);
        try (Arena arena = new Arena()) {
            long path = arena.allocate(name.length + 1); // zeroed, so terminated
            arena.view(path).put(name);
            long options = arena.allocate(Native.sizeof_oag_model_options);
            arena.view(options).putInt(0, Native.sizeof_oag_model_options).putInt(Native.offsetof_oag_model_options_precision, Native.OAG_PRECISION_FP32);
            long out = arena.allocate(Long.BYTES);
            check(Native.oag_model_load(runtime, path, options, out, error, ERROR_CAPACITY));
            return arena.view(out).getLong(0);
        }
    }

    /** A loaded model and the arguments of one call. */
    final class Encoder implements AutoCloseable {
        private final long model;
        private final ByteBuffer pixels; // kept, for its memory is read
        private final Arena arena = new Arena();
        private final long image = arena.allocate(Native.sizeof_oag_image);
        private final long item = arena.allocate(Native.sizeof_oag_item);
        private final long rows;
        private final int embeddingSize;

        private Encoder(long model, ByteBuffer pixels, int width, int height, int embeddingSize) {
            this.model = model;
            this.pixels = pixels;
            this.embeddingSize = embeddingSize;
            rows = arena.allocate((long) embeddingSize * Float.BYTES);
            arena.view(image).putInt(0, Native.sizeof_oag_image).putInt(Native.offsetof_oag_image_kind, Native.OAG_IMAGE_RGB8)
                .putLong(Native.offsetof_oag_image_data, Memory.address(pixels)).putLong(Native.offsetof_oag_image_size, pixels.capacity())
                .putInt(Native.offsetof_oag_image_width, width).putInt(Native.offsetof_oag_image_height, height);
        }

        /** The call. */
        void encode() {
            check(Native.oag_encode_images(model, image, 1, rows, embeddingSize, item, error, ERROR_CAPACITY));
        }

        /** What the last call gave. */
        float[] embedding() {
            float[] values = new float[embeddingSize];
            arena.view(rows).asFloatBuffer().get(values);
            return values;
        }

        @Override public void close() {
            Native.oag_model_close(model);
            arena.close();
            Reference.reachabilityFence(pixels);
        }
    }

    /** The image processor of a loaded model. */
    final class Processor implements AutoCloseable {
        private final long model;

        private Processor(long model) {
            this.model = model;
        }

        /**
         * Prepares pictures.
         *
         * @param width that the model takes
         * @param height that the model takes
         * @return a direct buffer {@code [pictures, 3, height, width]}
         */
        FloatBuffer pixels(List<Picture> pictures, int width, int height) {
            int each = 3 * width * height;
            ByteBuffer pixels = ByteBuffer.allocateDirect(Math.multiplyExact(pictures.size(), each * Float.BYTES)).order(ByteOrder.nativeOrder());
            for (int i = 0; i < pictures.size(); i++) {
                prepare(pictures.get(i), Memory.address(pixels) + (long) i * each * Float.BYTES, each);
            }
            return pixels.asFloatBuffer();
        }

        private void prepare(Picture picture, long target, int capacity) {
            try (Arena arena = new Arena()) {
                long data = arena.allocate(picture.bytes().length);
                arena.view(data).put(picture.bytes());
                long image = arena.allocate(Native.sizeof_oag_image);
                arena.view(image).putInt(0, Native.sizeof_oag_image)
                    .putInt(Native.offsetof_oag_image_kind, picture.encoded() ? Native.OAG_IMAGE_ENCODED : Native.OAG_IMAGE_RGB8)
                    .putLong(Native.offsetof_oag_image_data, data)
                    .putLong(Native.offsetof_oag_image_size, picture.bytes().length)
                    .putInt(Native.offsetof_oag_image_width, picture.encoded() ? 0 : picture.width())
                    .putInt(Native.offsetof_oag_image_height, picture.encoded() ? 0 : picture.height());
                long size = arena.allocate(2 * Integer.BYTES);
                check(Native.oag_preprocess(model, image, target, capacity, size, size + Integer.BYTES, error, ERROR_CAPACITY));
            }
        }

        /** Frees the model. */
        @Override public void close() {
            Native.oag_model_close(model);
        }
    }

    /** Joins the threads. */
    @Override public void close() {
        Native.oag_runtime_close(runtime);
        Memory.free(error);
    }

    private void check(int status) {
        if (status != Native.OAG_OK) {
            ByteBuffer text = Memory.view(error, ERROR_CAPACITY);
            int length = 0;
            while (length < ERROR_CAPACITY && text.get(length) != 0) {
                length++;
            }
            byte[] utf8 = new byte[length];
            text.get(utf8);
            throw new IllegalStateException(new String(utf8, StandardCharsets.UTF_8));
        }
    }

    /** Native memory of one call. */
    private static final class Arena implements AutoCloseable {
        private record Block(long address, long size) { }

        private final List<Block> blocks = new ArrayList<>();

        long allocate(long size) {
            long address = Memory.allocate(size);
            if (address == 0) {
                throw new OutOfMemoryError(size + " bytes of native memory");
            }
            blocks.add(new Block(address, size));
            return address;
        }

        /** The block that begins at {@code address}. */
        ByteBuffer view(long address) {
            for (Block block : blocks) {
                if (block.address == address) {
                    return Memory.view(address, block.size).order(ByteOrder.nativeOrder());
                }
            }
            throw new IllegalArgumentException("no block begins there");
        }

        @Override public void close() {
            blocks.forEach(block -> Memory.free(block.address));
        }
    }
}
