package org.openautoglm.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * Checks the table of a {@code Precompiled} normalizer, which the tokenizer library walks without looking where the bounds are: SentencePiece's charsmap, a 32-bit
 * size, a double-array trie of so many bytes (darts-clone's units, see github.com/s-yata/darts-clone), and NUL-terminated UTF-8 strings that its values point into.
 */
final class TokenizerCharsmap {
    private static final int BLOCK = 256; // the units that one state's labels reach; darts-clone allocates whole blocks

    private final TokenizerJson source;
    private final int[] units;
    private final byte[] strings;

    private TokenizerCharsmap(TokenizerJson source, int[] units, byte[] strings) {
        this.source = source;
        this.units = units;
        this.strings = strings;
    }

    /**
     * Follows every way through the trie.
     *
     * @return the same bytes in canonical base64
     */
    static String check(TokenizerJson source) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(source.string());
        } catch (IllegalArgumentException cause) {
            throw source.fault("base64 is expected");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long size = bytes.length < Integer.BYTES ? -1 : Integer.toUnsignedLong(in.getInt());
        if (size < BLOCK * Integer.BYTES || size % (BLOCK * Integer.BYTES) != 0 || size > in.remaining()) {
            throw damaged(source, "its trie is cut off");
        }
        int[] units = new int[(int) size / Integer.BYTES];
        in.asIntBuffer().get(units);
        byte[] strings = Arrays.copyOfRange(bytes, Integer.BYTES + (int) size, bytes.length);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(strings));
        } catch (CharacterCodingException cause) {
            throw damaged(source, "its strings are not UTF-8");
        }
        new TokenizerCharsmap(source, units, strings).walk();
        return Base64.getEncoder().encodeToString(bytes);
    }

    private void walk() {
        BitSet seen = new BitSet(units.length);
        Deque<Integer> states = new ArrayDeque<>();
        visit(offset(units[0]), seen, states);
        while (!states.isEmpty()) {
            int state = states.pop();
            for (int label = 1; label < BLOCK; label++) {
                int at = state ^ label;
                int unit = units[at];
                if ((unit & (1 << 31 | 0xff)) != label) {
                    continue;
                }
                int next = at ^ offset(unit);
                visit(next, seen, states);
                if ((unit >>> 8 & 1) != 0) { // a key ends here; its value is the state's own unit
                    checkString(units[next] & Integer.MAX_VALUE);
                }
            }
        }
    }

    private void visit(int state, BitSet seen, Deque<Integer> states) {
        if (state < 0 || state >= units.length) {
            throw damaged(source, "its trie points outside itself");
        }
        if (!seen.get(state)) {
            seen.set(state);
            states.push(state);
        }
    }

    private void checkString(int begin) {
        boolean inside = begin <= strings.length && (begin == strings.length || (strings[begin] & 0xc0) != 0x80);
        if (!inside) {
            throw damaged(source, "its trie points outside its strings");
        }
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    private static org.openautoglm.ModelException damaged(TokenizerJson source, String how) {
        return source.fault("it is damaged (" + how + "): fetch the file again");
    }
}
