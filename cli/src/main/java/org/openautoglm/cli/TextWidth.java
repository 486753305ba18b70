package org.openautoglm.cli;

/** How many terminal columns text takes. */
final class TextWidth {
    private TextWidth() { }

    /** Columns of a text without control characters. */
    static int columns(String text) {
        return text.codePoints().map(TextWidth::columns).sum();
    }

    /** 2 for wide East Asian characters and emoji, 0 for combining marks and joiners, else 1. */
    static int columns(int codePoint) {
        switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT:
                return 0;
            default:
                break;
        }
        boolean wide = codePoint >= 0x1100 && codePoint <= 0x115F      // Hangul Jamo
            || codePoint >= 0x2E80 && codePoint <= 0xA4CF              // CJK, kana
            || codePoint >= 0xAC00 && codePoint <= 0xD7A3              // Hangul
            || codePoint >= 0xF900 && codePoint <= 0xFAFF              // CJK compatibility
            || codePoint >= 0xFE30 && codePoint <= 0xFE6F
            || codePoint >= 0xFF00 && codePoint <= 0xFF60              // full-width forms
            || codePoint >= 0xFFE0 && codePoint <= 0xFFE6
            || codePoint >= 0x1F300 && codePoint <= 0x1FAFF            // emoji
            || codePoint >= 0x20000 && codePoint <= 0x3FFFD;
        return wide ? 2 : 1;
    }

    /** The text, or as much of it as fits {@code columns} with {@code mark} behind it. */
    static String cut(String text, int columns, String mark) {
        if (columns(text) <= columns) {
            return text;
        }
        int room = columns - mark.length();
        int used = 0;
        int end = 0;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            used += columns(codePoint);
            if (used > room) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return text.substring(0, end) + mark;
    }
}
