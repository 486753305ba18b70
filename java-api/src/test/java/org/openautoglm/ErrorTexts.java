package org.openautoglm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the error texts in the sources: where an error is made, or a sentence that ends in one, the literals there are its fixed parts. */
final class ErrorTexts {
    /**
     * A place where an error text is made.
     *
     * @param where file and line
     * @param function that it stands in
     * @param call the words that gave it away, such as {@code throw Error}
     * @param parts the fixed parts of the text, in order
     * @param internal whether it is a defect of this library, which all share one entry
     */
    record Site(String where, String function, String call, List<String> parts, boolean internal) { }

    /** Letters that a fixed part has at least; what is shorter joins others, such as " is ". */
    private static final int LEAST_LETTERS = 7;

    /** Native functions that are handed a sentence, or a part of one, and throw it. A throw that only passes on what it got must stand in one of these. */
    static final Set<String> NATIVE_HELPERS = Set.of("refuse", "refuse_null", "require", "require_columns", "require_floats", "require_room", "require_vector", "fail", "give_up", "write_error");
    /** The same in Java; constructors of exceptions are found by their name. */
    static final Set<String> JAVA_HELPERS = Set.of("fault", "damaged", "wrongInput", "next");

    private static final Pattern NATIVE = Pattern.compile("\\bthrow Error(?=\\()|\\b(?:" + String.join("|", NATIVE_HELPERS) + "|integer)(?=\\()"
        + "|\\b(?:\\w*(?:refusal|reason|expected|faults|forms|codes|no_cuda|no_tensorrt))(?: =| \\+=|\\[\\] =)|\\breturn (?=[^;]*\")");
    private static final Pattern JAVA = Pattern.compile("\\bnew \\w*(?:Exception|Error|Failure|Refused)(?=\\()|\\b(?:" + String.join("|", JAVA_HELPERS) + ")(?=\\()"
        + "|\\bString (?:text|reason|problem) =|\\b(?:return (?=[^;]*\")|new StringBuilder|append)");
    /** Functions whose returned or appended literals are what errors say. */
    private static final Set<String> RETURN_REASONS = Set.of("isa_refusal", "precision_refusal", "reason", "describe", "reasonAgainstDevice", "reasonAgainstDefaults", "message", "failure");
    private static final Pattern FUNCTION = Pattern.compile("\\b(\\w+)\\s*\\((?:[^;{}()]|\\((?:[^;{}()]|\\([^;{}()]*\\))*\\))*\\)\\s*(?:const\\s*)?(?:noexcept\\s*)?(?:throws [\\w., ]+)?(?::[^;{}]*(?:\\([^{}]*\\)|\\{[^{}]*\\})[^;{}]*)?\\{");
    private static final Set<String> NO_FUNCTIONS = Set.of("if", "for", "while", "switch", "catch", "try", "synchronized");

    private ErrorTexts() { }

    /** All sites of the sources that end in an error of this library. */
    static List<Site> all(Path root) throws IOException {
        List<Site> sites = new ArrayList<>();
        collect(root, root.resolve("native/cpp/src"), sites);
        for (String module : List.of("java-api", "cli", "bindings")) {
            collect(root, root.resolve(module).resolve("src/main"), sites);
        }
        return sites;
    }

    private static void collect(Path root, Path folder, List<Site> sites) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(path -> path.toString().matches(".*\\.(cpp|h|java)")).sorted().toList()) {
                sites.addAll(of(root.relativize(file).toString(), Files.readString(file)));
            }
        }
    }

    /** The sites of one source. */
    static List<Site> of(String name, String source) {
        boolean java = name.endsWith(".java");
        String text = withoutComments(source);
        String blank = withoutLiterals(text);
        List<Site> sites = new ArrayList<>();
        Matcher found = (java ? JAVA : NATIVE).matcher(text);
        while (found.find()) {
            if (blank.charAt(found.start()) == ' ') {
                continue; // within a literal
            }
            String call = found.group().strip();
            String function = function(blank, found.start());
            if (call.matches("return|append|new StringBuilder") && !RETURN_REASONS.contains(function)) {
                continue;
            }
            int end = end(blank, found.end());
            List<String> parts = literals(text, blank, found.end(), end);
            String statement = text.substring(found.start(), end);
            boolean internal = statement.contains("Status::internal") || name.endsWith("ops/ops.cpp");
            String where = name + ":" + (1 + text.substring(0, found.start()).lines().count() - (found.start() > 0 && text.charAt(found.start() - 1) == '\n' ? 0 : 1));
            sites.add(new Site(where, function, call, parts, internal));
        }
        return sites;
    }

    /** Whether a part is long enough to be searched for. */
    static boolean isFixedPart(String part) {
        return part.chars().filter(Character::isLetter).count() >= LEAST_LETTERS;
    }

    /** The innermost named function around a place. */
    private static String function(String blank, int at) {
        String name = "";
        Matcher header = FUNCTION.matcher(blank);
        int from = 0;
        while (header.find(from) && header.start() < at) {
            from = header.start() + 1 + header.group(1).length();
            if (header.end() > at || NO_FUNCTIONS.contains(header.group(1))) {
                continue;
            }
            int depth = 1;
            for (int i = header.end(); i < at && depth > 0; i++) {
                depth += blank.charAt(i) == '{' ? 1 : blank.charAt(i) == '}' ? -1 : 0;
            }
            if (depth > 0) {
                name = header.group(1);
            }
        }
        return name;
    }

    /** The end of the arguments, or of the statement where there are none. */
    private static int end(String blank, int begin) {
        int depth = 0;
        for (int i = begin; i < blank.length(); i++) {
            char c = blank.charAt(i);
            if (c == '(' || c == '{') {
                depth++;
            } else if (c == ')' || c == '}') {
                depth--;
                if (depth <= 0 && blank.charAt(begin) == '(' || depth < 0) {
                    return i;
                }
            } else if (c == ';' && depth == 0) {
                return i;
            }
        }
        return blank.length();
    }

    /** The literals between two places; those that are joined by nothing or a plus are one. */
    private static List<String> literals(String text, String blank, int begin, int end) {
        List<String> parts = new ArrayList<>();
        Matcher literal = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"").matcher(text);
        int last = -1;
        int at = begin;
        while (literal.find(at) && literal.start() < end) {
            at = literal.end();
            String value = literal.group(1).replace("\\\"", "\"").replace("\\\\", "\\").replace("\\n", "\n");
            boolean joined = last >= 0 && text.substring(last, literal.start()).matches("\\s*\\+?\\s*");
            if (joined) {
                parts.set(parts.size() - 1, parts.get(parts.size() - 1) + value);
            } else {
                parts.add(value);
            }
            last = at;
        }
        return parts;
    }

    private static String withoutComments(String source) {
        StringBuilder text = new StringBuilder(source);
        Matcher token = Pattern.compile("\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)+'|//[^\\n]*|/\\*[\\s\\S]*?\\*/").matcher(source);
        while (token.find()) {
            if (source.charAt(token.start()) == '/') {
                blank(text, token.start(), token.end());
            }
        }
        return text.toString();
    }

    private static String withoutLiterals(String text) {
        StringBuilder blank = new StringBuilder(text);
        Matcher token = Pattern.compile("\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)+'").matcher(text);
        while (token.find()) {
            blank(blank, token.start(), token.end());
        }
        return blank.toString();
    }

    private static void blank(StringBuilder text, int begin, int end) {
        for (int i = begin; i < end; i++) {
            if (text.charAt(i) != '\n') {
                text.setCharAt(i, ' ');
            }
        }
    }

    /** For the writer of the page: what there is. */
    public static void main(String[] arguments) throws IOException {
        Set<String> lines = new TreeSet<>();
        for (Site site : all(Path.of(arguments[0]))) {
            List<String> parts = site.parts().stream().filter(ErrorTexts::isFixedPart).toList();
            if (!site.internal() && !parts.isEmpty()) {
                lines.add(site.where().replaceFirst(".*/", "") + " [" + site.call() + "] " + String.join(" … ", site.parts()));
            }
        }
        lines.forEach(System.out::println);
    }
}
