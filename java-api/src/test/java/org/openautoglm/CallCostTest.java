package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openautoglm.internal.Leftovers;

/** What a call of the steady state costs beside its arithmetic: pixels in a direct buffer of the caller's, embeddings into another. */
class CallCostTest {
    private static final int CALLS = 300;
    private static final int WARM_UP = 50;
    /** Of a call with one picture, however large it is: some 20 small objects. */
    private static final long MOST_HEAP_BYTES = 2048;

    private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static ImageInput pixels(int width, int height) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * width * height);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) (i * 31));
        }
        return ImageInput.ofRgb(pixels, width, height);
    }

    /** Bytes that a call takes on the heap; the least of several stretches, for the JIT compiles and de-optimises now and then. */
    private static long heapBytes(Runnable call) {
        for (int i = 0; i < WARM_UP; i++) {
            call.run();
        }
        long least = Long.MAX_VALUE;
        long thread = Thread.currentThread().getId();
        for (int stretch = 0; stretch < 3; stretch++) {
            long before = MEMORY.getThreadAllocatedBytes(thread);
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            least = Math.min(least, (MEMORY.getThreadAllocatedBytes(thread) - before) / CALLS);
        }
        return least;
    }

    @Test
    void picturesInADirectBufferAllocateNothingNativeAndNextToNothingOnTheHeap() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(1).build())) {
            FloatBuffer target = ByteBuffer.allocateDirect(Float.BYTES * model.info().embeddingSize()).order(ByteOrder.nativeOrder()).asFloatBuffer();
            List<ImageInput> small = List.of(pixels(30, 20));
            List<ImageInput> large = List.of(pixels(300, 200)); // 180 KB that are read where they are
            Runnable smallCall = () -> model.encodeImages(small, target.clear());
            Runnable largeCall = () -> model.encodeImages(large, target.clear());
            heapBytes(smallCall);
            long frames = Leftovers.framesMade();
            long smallBytes = heapBytes(smallCall);
            long largeBytes = heapBytes(largeCall);
            System.out.println("heap bytes of a call: " + smallBytes + " with a small picture, " + largeBytes + " with a large one");
            assertTrue(smallBytes < MOST_HEAP_BYTES, smallBytes + " bytes a call");
            assertTrue(largeBytes < MOST_HEAP_BYTES, largeBytes + " bytes a call");
            assertEquals(frames, Leftovers.framesMade(), "native memory was allocated");
        }
    }

    /** The same with a heap buffer: its bytes are copied to native memory that is kept. */
    @Test
    void aHeapBufferIsCopiedIntoMemoryThatIsKept() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(1).build())) {
            float[] target = new float[model.info().embeddingSize()];
            ByteBuffer bytes = ByteBuffer.allocate(3 * 300 * 200);
            List<ImageInput> images = List.of(ImageInput.ofRgb(bytes, 300, 200));
            Runnable call = () -> model.encodeImages(images, target);
            heapBytes(call);
            long frames = Leftovers.framesMade();
            assertTrue(heapBytes(call) < MOST_HEAP_BYTES);
            assertEquals(frames, Leftovers.framesMade(), "native memory was allocated");
        }
    }

    @Test
    void aDirectTargetReceivesWhatAnArrayDoes() {
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
            int dimension = model.info().embeddingSize();
            List<ImageInput> images = List.of(pixels(30, 20), pixels(31, 57));
            for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
                FloatBuffer target = ByteBuffer.allocateDirect(Float.BYTES * 2 * dimension).order(order).asFloatBuffer();
                model.encodeImages(images, target);
                float[] values = new float[2 * dimension];
                target.flip().get(values);
                assertArrayEquals(model.encodeImages(images).toArray(), values);
            }
        }
    }
}
