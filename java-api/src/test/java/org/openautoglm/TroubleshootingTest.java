package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/troubleshooting.md has every error text of the sources, and nothing else. */
class TroubleshootingTest {
    private static final Path ROOT = TestData.ROOT.toAbsolutePath().getParent();
    private static final String DEFECT = "a defect of this library (status";
    /** Java sources that hand on an exception's or a native call's text, and add nothing to it. */
    private static final Set<String> FORWARDING = Set.of("NativeStatus", "Device", "CommandFailure", "DoctorCommand", "EncodedPictures", "MatchCommand", "EmbedCommand", "SearchCommand", "NativeStore", "BatchException",
        "TokenizerPattern", "TokenizerJson", "TokenizerFile", "TokenizerCharsmap", "Arguments", "OpenAutoGlm", "ImageEncoder", "Inputs", "Output",
        "Loader", "Tokenizers", "EmbeddedModels", "CacheFolders", "BenchCommand");
    /** What is on the page though no source of ours says it. */
    private static final Set<String> OTHERS = Set.of();

    /** What the first cells of the page's tables quote. */
    private static List<String> entries(String page) {
        List<String> entries = new ArrayList<>();
        for (String line : page.split("\n")) {
            Matcher row = Pattern.compile("\\| (`.*?`) \\| .* \\|").matcher(line);
            if (row.matches()) {
                for (String entry : row.group(1).substring(1, row.group(1).length() - 1).split("`<br>`")) {
                    entries.add(entry.replace("\\|", "|"));
                }
            }
        }
        return entries;
    }

    /** The pieces of a text between what differs (… on the page, %s and the like in the sources), each without the punctuation around it. */
    private static List<String> pieces(String text) {
        return Arrays.stream(text.split("…|%0?\\d*[sdxX]")).map(piece -> piece.replaceAll("^[\\s:;,.()\"'/]+|[\\s:;,.()\"'/]+$", "")).filter(piece -> !piece.isEmpty()).toList();
    }

    /** What is wrong between sources and page, a line each. */
    private static List<String> problems(List<ErrorTexts.Site> sites, String page) {
        List<String> problems = new ArrayList<>();
        List<String> entries = entries(page);
        Set<String> quoted = entries.stream().flatMap(entry -> pieces(entry).stream()).collect(Collectors.toSet());
        Set<String> said = new HashSet<>(OTHERS);
        for (ErrorTexts.Site site : sites) {
            for (String part : site.internal() ? List.of(DEFECT) : site.parts()) {
                said.addAll(pieces(part));
                if (ErrorTexts.isFixedPart(part) && part.contains(" ")) {
                    pieces(part).stream().filter(piece -> !quoted.contains(piece)).forEach(
                        piece -> problems.add(site.where() + ": docs/troubleshooting.md has no entry with the words: " + piece));
                }
            }
        }
        for (String entry : entries) {
            pieces(entry).stream().filter(piece -> !said.contains(piece)).forEach(
                piece -> problems.add("docs/troubleshooting.md quotes what no source says: " + piece + " (in: " + entry + ")"));
        }
        return problems;
    }

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/troubleshooting.md"));
    }

    @Test
    void everyErrorTextIsOnThePageAndNothingElse() throws IOException {
        List<String> problems = problems(ErrorTexts.all(ROOT), page());
        assertTrue(problems.isEmpty(), () -> String.join("\n", problems));
    }

    /** Errors that are made in a way the test does not see would be missed: each throw either has words of its own, or stands in a helper whose callers are looked at. */
    @Test
    void noThrowHidesItsText() throws IOException {
        List<ErrorTexts.Site> sites = ErrorTexts.all(ROOT);
        List<String> hidden = new ArrayList<>();
        for (ErrorTexts.Site site : sites) {
            boolean itself = site.internal() || site.parts().stream().anyMatch(ErrorTexts::isFixedPart);
            boolean java = site.where().contains(".java:");
            boolean forwards = java ? FORWARDING.stream().anyMatch(name -> site.where().contains("/" + name + ".java:"))
                : ErrorTexts.NATIVE_HELPERS.contains(site.function()) || site.where().contains("plugin_executor.cpp") || site.where().contains("runtime/model.cpp")
                    || site.where().contains("runtime/precision_policy.cpp");
            if (!itself && !forwards && (site.call().equals("throw Error") || site.call().startsWith("new "))) {
                hidden.add(site + ": its text comes from elsewhere; let ErrorTexts look there, then name it here");
            }
        }
        assertTrue(hidden.isEmpty(), () -> String.join("\n", hidden));
        assertTrue(sites.size() > 250, sites.size() + " error texts were found");
        for (String file : List.of("safetensors.cpp", "png_chunks.cpp", "processor_settings.cpp", "model_api.cpp", "plugin.cpp", "ops.cpp", "TokenizerFile.java", "Arguments.java", "Inputs.java")) {
            assertTrue(sites.stream().anyMatch(site -> site.where().contains("/" + file + ":")), file);
        }
    }

    /** Each entry is needed: without it, the test above would fail. */
    @Test
    void everyEntryIsMissedAndAStaleOneIsFound() throws IOException {
        String page = page();
        List<ErrorTexts.Site> sites = ErrorTexts.all(ROOT);
        Set<String> once = new HashSet<>(entries(page));
        assertTrue(once.size() > 200, once.size() + " entries");
        for (String entry : List.of("the sizes of … overflow when multiplied", "is closed", "the header is missing", "a repetition is repeated", "model is NULL", ": cannot be opened:",
            "target has room for … floats, but the embeddings have", "a defect of this library (status …), please report it:")) {
            assertTrue(once.contains(entry), entry);
            String without = page.replace("`" + entry + "`", "`is empty`");
            assertTrue(problems(sites, without).stream().anyMatch(problem -> problem.contains("has no entry") && problem.endsWith(pieces(entry).get(0))), entry);
        }
        assertEquals(List.of("docs/troubleshooting.md quotes what no source says: in the wrong house (in: the moon is … in the wrong house)"),
            problems(sites, page + "\n| `the moon is … in the wrong house` | stars | wait |\n").stream().filter(problem -> problem.contains("wrong house)") && problem.contains("says: in"))
                .toList());
    }

    @Test
    void newThrowsAreFoundHoweverTheyAreWritten() throws IOException {
        String page = page();
        String native1 = "void f(int n) {\n  if (n) throw Error(Status::io, path + \": went \" /* away */ \"for lunch at \" + std::to_string(n));\n}\n";
        String native2 = "void g() { config.refuse(\"key\", x ? \"expected a brand new thing\" : \"expected a string\"); }\n";
        String native3 = "void h() {\n  require(a(\")\") && b,\n      \"the frobnicator is NULL\");\n  throw Error(Status::internal, \"inside words\");\n}\n";
        String java1 = "class A { void f() { throw new ModelException(file + \": has gone \"\n + \"fishing\", cause); } }\n";
        String java2 = "class A { void f() { throw node.fault(\"a purple value is expected\"); } String s() { return \"not an error text\"; } }\n";
        assertEquals(List.of("went for lunch at"), missing("native/x.cpp", native1, page));
        assertEquals(List.of("expected a brand new thing"), missing("native/x.cpp", native2, page));
        assertEquals(List.of("the frobnicator is NULL"), missing("native/x.cpp", native3, page));
        assertEquals(List.of("has gone fishing"), missing("x/A.java", java1, page));
        assertEquals(List.of("a purple value is expected"), missing("x/A.java", java2, page));
        assertEquals("refused", ErrorTexts.of("x.cpp", "int refused(int a) {\n  if (a) { throw Error(Status::io, text); }\n  return 1;\n}\n").get(0).function());
        assertEquals(List.of(), missing("x.cpp", "// throw Error(Status::io, \"only a comment here\");\nconst char* s = \"throw Error(\\\"no code either\\\")\";\n", page));
    }

    private static List<String> missing(String name, String source, String page) {
        return problems(ErrorTexts.of(name, source), page).stream().filter(problem -> problem.contains("has no entry")).map(problem -> problem.replaceAll(".*words: ", "")).toList();
    }
}
