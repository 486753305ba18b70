package org.openautoglm.internal;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.openautoglm.ModelException;

/**
 * Reads a tokenizer.json for the tokenizer library, which ends the process at some files: a Rust panic does not cross JNI. So it gets only what was
 * checked here: component kinds that are known, and in them everything that was found to panic, while loading or at some later text. What is merely of a
 * wrong type the library refuses by itself. TokenizerFileTest tries thousands of broken files.
 */
final class TokenizerFile {
    private static final Set<String> PLAIN_NORMALIZERS = Set.of("BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Strip",
        "StripAccents");
    private static final Set<String> PLAIN_PRE_TOKENIZERS = Set.of("BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "Metaspace",
        "Punctuation", "UnicodeScripts", "Whitespace", "WhitespaceSplit");
    private static final Set<String> PLAIN_POST_PROCESSORS = Set.of("BertProcessing", "ByteLevel", "RobertaProcessing");
    private static final Set<String> PLAIN_MODELS = Set.of("Unigram", "WordLevel", "WordPiece");

    private TokenizerFile() { }

    /**
     * The file as the library is to get it: each key once, the model's kind named, and without what encoding does not need.
     *
     * @throws ModelException when it is no JSON, or has what this version does not know or the library does not survive
     * @throws IOException when it cannot be read
     */
    static byte[] read(Path file) throws IOException {
        return read(file, Files.readAllBytes(file), Integer.MAX_VALUE);
    }

    /**
     * The same for a file's bytes.
     *
     * @param vocabulary rows of the model's table of tokens: a file with another id is refused
     */
    static byte[] read(Path file, byte[] bytes, int vocabulary) throws IOException {
        JsonObject root = parse(file, bytes);
        TokenizerJson json = new TokenizerJson(file, "", root);
        if (!json.get("normalizer").isAbsent()) {
            checkNormalizer(json.get("normalizer"));
        }
        if (!json.get("pre_tokenizer").isAbsent()) {
            checkPreTokenizer(json.get("pre_tokenizer"));
        }
        if (!json.get("post_processor").isAbsent()) {
            checkPostProcessor(json.get("post_processor"));
        }
        checkModel(json.get("model"));
        checkIds(json, vocabulary);
        for (String unused : List.of("decoder", "truncation", "padding")) { // the last two the text specification says
            root.add(unused, JsonNull.INSTANCE);
        }
        String checked = root.toString();
        if (TextTokenizer.loneSurrogate(checked) >= 0) {
            throw new ModelException(file + ": has a lone surrogate, half a character, in a string: it is damaged; fetch it again");
        }
        return checked.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonObject parse(Path file, byte[] bytes) throws IOException {
        try (Reader reader = new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8)) {
            JsonElement element = new Gson().getAdapter(JsonElement.class).fromJson(reader);
            if (!element.isJsonObject()) {
                throw new ModelException(file + ": is not a JSON object; a tokenizer.json is one");
            }
            return element.getAsJsonObject();
        } catch (EOFException | MalformedJsonException | JsonParseException cause) {
            throw new ModelException(file + ": is not valid JSON: it is cut off or damaged; fetch it again", cause);
        }
    }

    private static void checkNormalizer(TokenizerJson normalizer) {
        String type = normalizer.get("type").string();
        switch (type) {
            case "Sequence" -> normalizer.get("normalizers").elements().forEach(TokenizerFile::checkNormalizer);
            case "Replace" -> checkPattern(normalizer.get("pattern"), true);
            case "Prepend" -> requireText(normalizer.get("prepend"));
            case "Precompiled" -> normalizer.object().addProperty("precompiled_charsmap", TokenizerCharsmap.check(normalizer.get("precompiled_charsmap")));
            default -> requireKnown(normalizer.get("type"), PLAIN_NORMALIZERS, "Precompiled", "Prepend", "Replace", "Sequence");
        }
    }

    private static void checkPreTokenizer(TokenizerJson preTokenizer) {
        String type = preTokenizer.get("type").string();
        switch (type) {
            case "Sequence" -> preTokenizer.get("pretokenizers").elements().forEach(TokenizerFile::checkPreTokenizer);
            case "Split" -> checkPattern(preTokenizer.get("pattern"), false);
            default -> requireKnown(preTokenizer.get("type"), PLAIN_PRE_TOKENIZERS, "Sequence", "Split");
        }
    }

    /** @param consuming whether a match of no characters panics */
    private static void checkPattern(TokenizerJson pattern, boolean consuming) {
        TokenizerJson text = pattern.get("String");
        TokenizerJson expression = pattern.get("Regex");
        if (text.isAbsent() == expression.isAbsent()) {
            throw pattern.fault("either String or Regex is expected in it");
        }
        if (expression.isAbsent()) {
            requireText(text);
            return;
        }
        TokenizerPattern checked = TokenizerPattern.of(expression.string());
        if (checked.refusal() != null) {
            throw expression.fault("such a regular expression is not supported: " + checked.refusal());
        }
        if (consuming && !checked.consumes()) {
            throw expression.fault("it can match no characters at all, which is not supported");
        }
    }

    private static void checkPostProcessor(TokenizerJson postProcessor) {
        String type = postProcessor.get("type").string();
        switch (type) {
            case "Sequence" -> postProcessor.get("processors").elements().forEach(TokenizerFile::checkPostProcessor);
            case "TemplateProcessing" -> {
                Set<String> known = postProcessor.get("special_tokens").object().keySet();
                checkTemplate(postProcessor.get("single"), known, Set.of("A"));
                checkTemplate(postProcessor.get("pair"), known, Set.of("A", "B"));
            }
            default -> requireKnown(postProcessor.get("type"), PLAIN_POST_PROCESSORS, "Sequence", "TemplateProcessing");
        }
    }

    private static void checkTemplate(TokenizerJson template, Set<String> specialTokens, Set<String> sequences) {
        for (TokenizerJson piece : template.elements()) {
            TokenizerJson special = piece.get("SpecialToken");
            boolean isSpecial = !special.isAbsent();
            TokenizerJson id = (isSpecial ? special : piece.get("Sequence")).get("id");
            if (!(isSpecial ? specialTokens : sequences).contains(id.string())) {
                throw id.fault(isSpecial ? "special_tokens does not define it" : "there is no such text; expected is " + String.join(" or ", new TreeSet<>(sequences)));
            }
        }
    }

    private static void checkModel(TokenizerJson model) {
        if (!model.object().has("type")) { // files before 2022 do not say it
            model.object().addProperty("type", model.object().has("merges") ? "BPE" : model.get("vocab").isArray() ? "Unigram"
                : model.object().has("max_input_chars_per_word") ? "WordPiece" : "WordLevel");
        }
        if (!model.get("type").string().equals("BPE")) {
            requireKnown(model.get("type"), PLAIN_MODELS, "BPE");
            return;
        }
        TokenizerJson prefix = model.get("continuing_subword_prefix");
        if (prefix.isAbsent() || prefix.string().isEmpty()) {
            return;
        }
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(prefix.string())) {
            throw prefix.fault("only ASCII characters are supported in it");
        }
        for (TokenizerJson merge : model.get("merges").elements()) { // the library cuts the prefix off the second part, without a look
            String second = merge.isString() ? merge.string().substring(merge.string().lastIndexOf(' ') + 1) : merge.elements().isEmpty() ? ""
                : merge.elements().get(merge.elements().size() - 1).string();
            if (!second.startsWith(prefix.string())) {
                throw merge.fault("its second part does not begin with the continuing_subword_prefix " + prefix.string());
            }
        }
    }

    /** Ids that are not whole numbers the library refuses. */
    private static void checkIds(TokenizerJson json, int vocabulary) {
        JsonElement tokens = json.get("model").get("vocab").value();
        if (tokens instanceof JsonObject ids) {
            for (Map.Entry<String, JsonElement> token : ids.entrySet()) {
                requireRow(json.file(), "model.vocab", token.getKey(), token.getValue(), vocabulary);
            }
        } else if (tokens instanceof JsonArray list && list.size() > vocabulary) { // an id is its place
            requireRow(json.file(), "model.vocab", list.get(vocabulary).toString(), new JsonPrimitive(vocabulary), vocabulary);
        }
        if (json.get("added_tokens").value() instanceof JsonArray added) {
            for (JsonElement token : added) {
                if (token instanceof JsonObject object) {
                    requireRow(json.file(), "added_tokens", object.has("content") ? object.get("content").toString() : "", object.get("id"), vocabulary);
                }
            }
        }
    }

    private static void requireRow(Path file, String place, String token, JsonElement id, int vocabulary) {
        if (id instanceof JsonPrimitive number && number.isNumber() && number.getAsDouble() >= vocabulary) {
            throw new ModelException(file + ": " + place + " gives the token " + token + " the id " + number + ", but the model's table of tokens has " + vocabulary
                + " rows: it is another model's tokenizer; fetch the whole folder again");
        }
    }

    private static void requireText(TokenizerJson text) {
        if (text.string().isEmpty()) {
            throw text.fault("it must not be empty");
        }
    }

    private static void requireKnown(TokenizerJson type, Set<String> plain, String... others) {
        if (!plain.contains(type.string())) {
            Set<String> known = new TreeSet<>(plain);
            known.addAll(List.of(others));
            throw type.fault("this version knows " + String.join(", ", known));
        }
    }
}
