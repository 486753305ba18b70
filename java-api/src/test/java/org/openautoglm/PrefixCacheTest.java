package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Texts that begin alike, in one call and over several: the bits are those of each text alone. */
class PrefixCacheTest {
    private static List<String> template(String beginning, int from) {
        return IntStream.range(from, from + 10).mapToObj(i -> beginning + " " + i).toList();
    }

    @Test
    void hitMissAndNoCacheGiveTheSameBits() {
        try (OpenAutoGlm with = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
            OpenAutoGlm without = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().prefixCacheBytes(0).build());
            OpenAutoGlm whole = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().sharePrefixes(false).build());
            OpenAutoGlm tight = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().prefixCacheBytes(8192).build())) {
            assertEquals(new PrefixCacheStatistics(0, 0, 0, 0, 0, 0), with.prefixCacheStatistics());
            for (int round = 0; round < 4; round++) {
                for (String beginning : List.of("a photo of a cat", "a drawing of the dog")) {
                    List<String> texts = template(beginning, 10 * round);
                    float[] expected = without.encodeTexts(texts).toArray();
                    assertArrayEquals(expected, with.encodeTexts(texts).toArray());
                    assertArrayEquals(expected, whole.encodeTexts(texts).toArray());
                    assertArrayEquals(expected, tight.encodeTexts(texts).toArray());
                    assertArrayEquals(java.util.Arrays.copyOf(expected, without.info().embeddingSize()), without.encodeTexts(texts.get(0)).toArray());
                }
            }
            assertEquals(new PrefixCacheStatistics(0, 0, 0, 0, 0, 0), without.prefixCacheStatistics());
            PrefixCacheStatistics used = with.prefixCacheStatistics();
            assertEquals(80, used.lookups());
            assertTrue(used.hits() > 0 && used.rowsSaved() > 0 && used.entries() > 0 && used.bytes() > 0 && used.evictions() == 0, used.toString());
            assertTrue(tight.prefixCacheStatistics().bytes() <= 8192, tight.prefixCacheStatistics().toString());
        }
    }

    @Test
    void aClosedModelHasNoStatistics() {
        OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP);
        model.close();
        assertThrows(IllegalStateException.class, model::prefixCacheStatistics);
    }
}
