package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts against numbers that were worked out by hand. */
class ClipOperationsTest {
    /** ViT-B/32, from an empty config.json: CLIPConfig's defaults. */
    private static ClipOperations vitB32(Path folder) throws Exception {
        Files.writeString(folder.resolve("config.json"), "{}");
        return ClipOperations.of(folder);
    }

    // A block over a picture's 50 rows: q, k, v 2·50·768·2304 = 176,947,200; attention 4·50·50·768 = 7,680,000; output 2·50·768·768 =
    // 58,982,400; MLP 4·50·768·3072 = 471,859,200; together 715,468,800. Patches 2·49·3072·768 = 231,211,008. Projection 2·768·512 = 786,432.

    @Test
    void exportedGraphComputesEveryBlockForEveryRowOfAPicture(@TempDir Path folder) throws Exception {
        long one = 12 * 715_468_800L + 231_211_008L + 786_432L;
        assertEquals(one, vitB32(folder).imagesByGraph(1));
        assertEquals(8 * one, vitB32(folder).imagesByGraph(8)); // 70.5 GFLOP
    }

    @Test
    void oursComputesTheLastBlockOfAPictureForThePooledRowAlone(@TempDir Path folder) throws Exception {
        // Keys and values 2·50·768·1536 = 117,964,800; query and output 2·768·768 = 1,179,648 each; attention 4·50·768 = 153,600; MLP
        // 4·768·3072 = 9,437,184; together 129,914,880.
        long one = 11 * 715_468_800L + 129_914_880L + 231_211_008L + 786_432L;
        assertEquals(one, vitB32(folder).imagesByOurs(1));
        assertEquals(32 * one, vitB32(folder).imagesByOurs(32));
    }

    // A block over 64 texts of 8 tokens, width 512: q, k, v 2·512·512·1536 = 805,306,368; output 2·512·512·512 = 268,435,456; MLP
    // 4·512·512·2048 = 2,147,483,648; attention 4·(64·8·8)·512 = 8,388,608 unmasked, 4·(64·36)·512 = 4,718,592 for the pairs that the causal
    // mask lets through. Projection 2·64·512·512 = 33,554,432.

    @Test
    void exportedGraphComputesPaddingAndMaskedPairs(@TempDir Path folder) throws Exception {
        assertEquals(12 * (805_306_368L + 268_435_456L + 2_147_483_648L + 8_388_608L) + 33_554_432L, vitB32(folder).textsByGraph(64, 8));
        // 77 tokens are 4928 rows: 9.625 times the products, attention 4·(64·77·77)·512 = 777,125,888.
        long products = (805_306_368L + 268_435_456L + 2_147_483_648L) / 8 * 77;
        assertEquals(12 * (products + 777_125_888L) + 33_554_432L, vitB32(folder).textsByGraph(64, 77));
    }

    @Test
    void oursComputesNeitherPaddingNorMaskedPairs(@TempDir Path folder) throws Exception {
        int[] tokens = new int[64];
        Arrays.fill(tokens, 8);
        // Last block: keys and values 2·512·512·1024 = 536,870,912; queries and output 2·64·512·512 = 33,554,432 each; attention 4·512·512 =
        // 1,048,576; MLP 4·64·512·2048 = 268,435,456; together 873,463,808.
        long full = 805_306_368L + 268_435_456L + 2_147_483_648L + 4_718_592L;
        assertEquals(11 * full + 873_463_808L + 33_554_432L, vitB32(folder).textsByOurs(tokens));
    }

    @Test
    void textsOfDifferentLengthAreCountedOneByOne(@TempDir Path folder) throws Exception {
        ClipOperations operations = vitB32(folder);
        assertEquals(operations.textsByOurs(new int[] {3}) + operations.textsByOurs(new int[] {20}), operations.textsByOurs(new int[] {3, 20}));
    }

    @Test
    void whatTextsBeginWithInCommonIsCountedOnce(@TempDir Path folder) throws Exception {
        ClipOperations operations = vitB32(folder);
        int[][] apart = {{1, 2, 9}, {3, 4, 5, 9}};
        assertEquals(operations.textsByOurs(new int[] {3, 4}), operations.textsByOurs(apart));
        // "1 2 9", "1 2 3 9" and the first again: five rows, and with the keys that each sees 1 + 2 + 3 + 3 + 4 pairs; the pooled rows see 3 and 4.
        long row = 2 * 512L * 1536 + 2 * 512L * 512 + 4 * 512L * 2048;
        long lastRow = 2 * 512L * 1024;
        long lastText = 2 * 2 * 512L * 512 + 4 * 512L * 2048 + 2 * 512L * 512;
        assertEquals(11 * (5 * row + 4 * 13 * 512L) + 5 * lastRow + 2 * lastText + 4 * 7 * 512L,
            operations.textsByOurs(new int[][] {{1, 2, 9}, {1, 2, 3, 9}, {1, 2, 9}}));
    }

    @Test
    void sizesAreReadFromTheFolder() throws Exception {
        ClipOperations tiny = ClipOperations.of(TestModels.TINY_CLIP);
        assertEquals(new TransformerSize(32, 36, 2), tiny.image());
        assertEquals(new TransformerSize(32, 36, 2), tiny.text());
        assertEquals(16, tiny.patches());
        assertEquals(3 * 8 * 8, tiny.patchValues());
        assertEquals(24, tiny.projection());
        ClipOperations dicts = ClipOperations.of(TestModels.TINY_CLIP.resolveSibling("config-dicts"));
        assertEquals(new TransformerSize(24, 40, 2), dicts.text());
        assertEquals(9, dicts.patches());
    }
}
