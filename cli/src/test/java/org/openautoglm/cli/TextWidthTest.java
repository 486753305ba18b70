package org.openautoglm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TextWidthTest {
    @Test
    void columnsAreThoseOfATerminal() {
        assertEquals(3, TextWidth.columns("abc"));
        assertEquals(6, TextWidth.columns("日本語"));
        assertEquals(1, TextWidth.columns("e\u0301"));
        assertEquals(2, TextWidth.columns("🎉"));
        assertEquals(6, TextWidth.columns("Straße"));
    }

    @Test
    void whatIsTooLongIsCutBetweenCharacters() {
        assertEquals("abc", TextWidth.cut("abc", 3, "…"));
        assertEquals("ab…", TextWidth.cut("abcd", 3, "…"));
        assertEquals("日…", TextWidth.cut("日本語", 4, "…"));
        assertEquals("🎉…", TextWidth.cut("🎉🎉🎉", 3, "…"));
        assertEquals("a...", TextWidth.cut("abcdef", 4, "..."));
    }
}
