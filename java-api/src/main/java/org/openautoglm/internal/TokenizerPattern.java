package org.openautoglm.internal;

/**
 * Looks which regular expressions of a tokenizer.json may be handed to the tokenizer library. Its engine (Oniguruma) gives up on a match after ten million steps back,
 * and then the process ends; so no expression may take more than a few steps back for each character: an unlimited repetition is of one character, and a second one only ends
 * an alternative. What tokenizers use has this form: {@code \s+(?!\S)|[^\r\n\p{L}\p{N}]?\p{L}+|\s*[\r\n]+}.
 */
final class TokenizerPattern {
    private static final int LONGEST = 4000;
    private static final int DEEPEST = 8;
    private static final int MOST_REPETITIONS = 1000;
    private static final int MOST_OPTIONS = 6;

    private final String text;
    private int at;
    private String refusal;
    private boolean consumes;

    /** What is known of a part: whether it always takes a character, unlimited and optional repetitions in it, and whether it is one character. */
    private record Part(boolean consumes, int unlimited, int options, boolean single) {
        static final Part CHARACTER = new Part(true, 0, 0, true);
        static final Part NOTHING = new Part(false, 0, 0, false);
    }

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String reason) {
            super(reason, null, false, false);
        }
    }

    private TokenizerPattern(String text) {
        this.text = text;
    }

    static TokenizerPattern of(String text) {
        TokenizerPattern pattern = new TokenizerPattern(text);
        try {
            if (text.length() > LONGEST) {
                throw new Refused("it has more than " + LONGEST + " characters");
            }
            pattern.consumes = pattern.alternatives(0).consumes;
            if (pattern.at < text.length()) {
                throw new Refused("a parenthesis is closed that was not opened");
            }
        } catch (Refused cause) {
            pattern.refusal = cause.getMessage() + ", at character " + pattern.at;
        }
        return pattern;
    }

    /** Why it is not handed on, or null. */
    String refusal() {
        return refusal;
    }

    /** Whether every match has at least one character. */
    boolean consumes() {
        return consumes;
    }

    private boolean accept(String token) {
        boolean found = text.startsWith(token, at);
        at += found ? token.length() : 0;
        return found;
    }

    private char next(String what) throws Refused {
        if (at >= text.length()) {
            throw new Refused(what + " is not ended");
        }
        return text.charAt(at++);
    }

    private Part alternatives(int depth) throws Refused {
        if (depth > DEEPEST) {
            throw new Refused("groups are nested more than " + DEEPEST + " deep");
        }
        boolean consuming = true;
        int unlimited = 0;
        int options = 0;
        do {
            Part part = sequence(depth);
            consuming &= part.consumes;
            unlimited = Math.max(unlimited, part.unlimited);
            options = Math.max(options, part.options);
        } while (accept("|"));
        return new Part(consuming, unlimited, options, false);
    }

    private Part sequence(int depth) throws Refused {
        boolean consuming = false;
        int unlimited = 0;
        int options = 0;
        while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            if (unlimited > 1) {
                throw new Refused("something follows a second unlimited repetition");
            }
            Part part = repeated(atom(depth));
            consuming |= part.consumes;
            unlimited += part.unlimited;
            options += part.options;
            if (unlimited > 2 || options > MOST_OPTIONS) {
                throw new Refused("an alternative has too many repetitions");
            }
        }
        return new Part(consuming, unlimited, options, false);
    }

    private Part repeated(Part part) throws Refused {
        int least = 1;
        int most = 1;
        if (accept("*")) {
            least = 0;
            most = Integer.MAX_VALUE;
        } else if (accept("+")) {
            most = Integer.MAX_VALUE;
        } else if (accept("?")) {
            least = 0;
        } else if (accept("{")) {
            least = number();
            most = !accept(",") ? least : at < text.length() && text.charAt(at) == '}' ? Integer.MAX_VALUE : number();
            if (!accept("}") || least > most) {
                throw new Refused("a repetition is not {n}, {n,} or {n,m}");
            }
        } else {
            return part;
        }
        accept("?"); // lazy
        if (at < text.length() && "*+?{".indexOf(text.charAt(at)) >= 0) {
            throw new Refused("a repetition is repeated");
        }
        if (!part.single && most > 1) {
            throw new Refused("more than a single character is repeated");
        }
        boolean isUnlimited = most == Integer.MAX_VALUE;
        return new Part(part.consumes && least > 0, part.unlimited + (isUnlimited ? 1 : 0), part.options + (!isUnlimited && least < most ? 1 : 0), false);
    }

    private int number() throws Refused {
        int begin = at;
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
            at++;
        }
        if (begin == at || at - begin > 4 || Integer.parseInt(text.substring(begin, at)) > MOST_REPETITIONS) {
            throw new Refused("a number of repetitions is none, or more than " + MOST_REPETITIONS);
        }
        return Integer.parseInt(text.substring(begin, at));
    }

    private Part atom(int depth) throws Refused {
        char c = next("it");
        return switch (c) {
            case '(' -> group(depth);
            case '[' -> {
                characterClass(depth);
                yield Part.CHARACTER;
            }
            case '\\' -> escape();
            case '^', '$' -> Part.NOTHING;
            case '*', '+', '?', '{' -> throw new Refused("there is nothing to repeat");
            default -> {
                if (Character.isHighSurrogate(c) && at < text.length()) {
                    at++;
                }
                yield Part.CHARACTER;
            }
        };
    }

    private Part group(int depth) throws Refused {
        boolean looks = accept("?=") || accept("?!") || accept("?<=") || accept("?<!");
        boolean plain = looks || accept("?:") || accept("?i:");
        if (!plain && at < text.length() && text.charAt(at) == '?') {
            throw new Refused("a group is neither ( ), (?: ), (?i: ) nor a look ahead or back");
        }
        Part part = alternatives(depth + 1);
        if (!accept(")")) {
            throw new Refused("a group is not ended");
        }
        if (looks && part.unlimited > 0) {
            throw new Refused("a look ahead or back has an unlimited repetition");
        }
        return looks ? Part.NOTHING : part;
    }

    /** After the bracket. Unlike Java's, a class of Oniguruma may hold others without an operator. */
    private void characterClass(int depth) throws Refused {
        if (depth > DEEPEST) {
            throw new Refused("classes are nested more than " + DEEPEST + " deep");
        }
        accept("^");
        int begin = at;
        while (true) {
            char c = next("a class");
            if (c == ']') {
                break;
            }
            if (c == '[') {
                characterClass(depth + 1);
            } else if (c == '\\' && !escape().single) {
                throw new Refused("a class has an escape that is no character");
            }
        }
        if (at == begin + 1) {
            throw new Refused("a class is empty");
        }
    }

    private Part escape() throws Refused {
        char c = next("an escape");
        if (c == 'p' || c == 'P') {
            int end = text.indexOf('}', at);
            if (!accept("{") || end < 0) {
                throw new Refused("a property has no name in braces");
            }
            at = end + 1;
            return Part.CHARACTER;
        }
        if ("bBAzZ".indexOf(c) >= 0) {
            return Part.NOTHING;
        }
        if (c == 'u') {
            for (int i = 0; i < 4; i++) {
                if (Character.digit(next("an escape"), 16) < 0) {
                    throw new Refused("\\u is not followed by four hexadecimal digits");
                }
            }
            return Part.CHARACTER;
        }
        if ("sSdDwWnrtfve".indexOf(c) >= 0 || c < 0x80 && !Character.isLetterOrDigit(c)) {
            return Part.CHARACTER;
        }
        throw new Refused("\\" + c + " is not a supported escape");
    }
}
