package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Buffers of the caller's: of each kind, exactly the next rows are written, in the buffer's own byte order, or nothing at all. */
class BufferTest {
    private static final List<String> TEXTS = List.of("a cat", "a photo of a dog");
    private static final float UNTOUCHED = -12345;

    private static OpenAutoGlm model;
    private static float[] images; // [1, dimension]
    private static float[] texts;  // [2, dimension]

    @BeforeAll
    static void load() {
        model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        images = model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))).toArray();
        texts = model.encodeTexts(TEXTS).toArray();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    /** How a caller may come by a buffer of a given size. */
    private enum Kind {
        HEAP {
            @Override FloatBuffer allocate(int size) {
                return FloatBuffer.allocate(size);
            }
        },
        PART_OF_AN_ARRAY {
            @Override FloatBuffer allocate(int size) {
                return FloatBuffer.wrap(new float[size + 9], 4, size).slice();
            }
        },
        HEAP_BYTES_BIG_ENDIAN {
            @Override FloatBuffer allocate(int size) {
                return ByteBuffer.allocate(4 * size).order(ByteOrder.BIG_ENDIAN).asFloatBuffer();
            }
        },
        HEAP_BYTES_LITTLE_ENDIAN {
            @Override FloatBuffer allocate(int size) {
                return ByteBuffer.allocate(4 * size).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            }
        },
        DIRECT_BIG_ENDIAN {
            @Override FloatBuffer allocate(int size) {
                return ByteBuffer.allocateDirect(4 * size).order(ByteOrder.BIG_ENDIAN).asFloatBuffer();
            }
        },
        DIRECT_LITTLE_ENDIAN {
            @Override FloatBuffer allocate(int size) {
                return ByteBuffer.allocateDirect(4 * size).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            }
        },
        DIRECT_AT_AN_ODD_ADDRESS {
            @Override FloatBuffer allocate(int size) {
                ByteBuffer bytes = ByteBuffer.allocateDirect(4 * size + 3).position(3);
                return bytes.slice().order(ByteOrder.nativeOrder()).asFloatBuffer();
            }
        };

        abstract FloatBuffer allocate(int size);

        /** Filled, with 3 floats before its position and 5 behind its limit. */
        FloatBuffer prepare(int room) {
            FloatBuffer buffer = allocate(room + 8);
            for (int i = 0; i < buffer.capacity(); i++) {
                buffer.put(i, UNTOUCHED);
            }
            return buffer.position(3).limit(3 + room);
        }
    }

    private static float[] contents(FloatBuffer buffer) {
        float[] values = new float[buffer.capacity()];
        for (int i = 0; i < values.length; i++) {
            values[i] = buffer.duplicate().clear().get(i);
        }
        return values;
    }

    /** Untouched but for these values from position 3 on. */
    private static float[] expected(int capacity, float[] values) {
        float[] all = new float[capacity];
        Arrays.fill(all, UNTOUCHED);
        System.arraycopy(values, 0, all, 3, values.length);
        return all;
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theNextRowsAreWrittenAndNothingElse(Kind kind) {
        FloatBuffer exact = kind.prepare(texts.length);
        model.encodeTexts(TEXTS, exact);
        assertArrayEquals(expected(exact.capacity(), texts), contents(exact));
        assertEquals(0, exact.remaining());
        assertEquals(3 + texts.length, exact.position());

        FloatBuffer larger = kind.prepare(images.length + 7);
        ByteOrder order = larger.order();
        model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)), larger);
        assertArrayEquals(expected(larger.capacity(), images), contents(larger));
        assertEquals(7, larger.remaining());
        assertEquals(order, larger.order());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatIsTooSmallOrReadOnlyIsRefusedUntouched(Kind kind) {
        for (int missing : new int[] {1, texts.length}) {
            FloatBuffer small = kind.prepare(texts.length - missing); // its capacity would do
            String message = assertThrows(IllegalArgumentException.class, () -> model.encodeTexts(TEXTS, small)).getMessage();
            assertTrue(message.contains("target") && message.contains(String.valueOf(texts.length))
                && message.contains(String.valueOf(texts.length - missing)), message);
            assertArrayEquals(expected(small.capacity(), new float[0]), contents(small));
            assertEquals(3, small.position());
        }
        FloatBuffer small = kind.prepare(images.length - 1);
        assertThrows(IllegalArgumentException.class, () -> model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)), small));
        assertArrayEquals(expected(small.capacity(), new float[0]), contents(small));

        FloatBuffer constant = kind.prepare(texts.length).asReadOnlyBuffer();
        assertThrows(IllegalArgumentException.class, () -> model.encodeTexts(TEXTS, constant));
        assertThrows(IllegalArgumentException.class, () -> model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)), constant));
        assertArrayEquals(expected(constant.capacity(), new float[0]), contents(constant));
    }

    @Test
    void missingBuffersAreNamed() {
        List<ImageInput> pictures = List.of(ImageInput.of(TestData.LANDSCAPE));
        assertEquals("target", assertThrows(NullPointerException.class, () -> model.encodeTexts(TEXTS, (FloatBuffer) null)).getMessage());
        assertEquals("target", assertThrows(NullPointerException.class, () -> model.encodeTexts(TEXTS, (float[]) null)).getMessage());
        assertEquals("target", assertThrows(NullPointerException.class, () -> model.encodeImages(pictures, (FloatBuffer) null)).getMessage());
        assertEquals("target", assertThrows(NullPointerException.class, () -> model.encodeImages(pictures, (float[]) null)).getMessage());
    }
}
