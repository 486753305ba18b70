package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class RowTest {
    @Test
    void ratioIsAboveOneWhereOursIsFaster() {
        assertEquals(2, Examples.row(null).ratio());
        assertEquals(3, Examples.row(null).ratio_of_medians());
    }

    @Test
    void shareOfThePeakCountsWhatEachSideExecutes() {
        assertEquals(40, Examples.row(null).ours_percent_of_peak()); // 4 GFLOP in 0.1 s of 100 GFLOP/s
        assertEquals(30, Examples.row(null).peer_percent_of_peak()); // 6 GFLOP in 0.2 s
        assertEquals(100, Examples.row(null).peak_gflops());
    }

    @Test
    void ratesAreItemsOverTheBestTime() {
        assertEquals(80, Examples.row(null).ours_items_per_second());
        assertEquals(40, Examples.row(null).peer_items_per_second());
        assertEquals(100, Examples.row(null).ours_min_ms());
        assertEquals(150, Examples.row(null).ours_median_ms());
        assertEquals(200, Examples.row(null).peer_min_ms());
        assertEquals(450, Examples.row(null).peer_median_ms());
    }

    @Test
    void withoutPeerItsColumnsAreEmpty() {
        Row row = Examples.rowAlone();
        assertNull(row.peer());
        assertNull(row.ratio());
        assertNull(row.peer_min_ms());
        assertNull(row.lowest_cosine());
        assertNull(row.peer_percent_of_peak());
        assertEquals(40, row.ours_percent_of_peak());
    }
}
