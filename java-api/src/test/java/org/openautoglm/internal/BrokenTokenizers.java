package org.openautoglm.internal;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Thousands of tokenizer.json files, made from a sound one: each value of each kind of component replaced by wrong ones, and what was found to end the process. */
final class BrokenTokenizers {
    private static final List<String> WRONG = List.of("null", "\"x\"", "\"\"", "7", "-1", "9223372036854775808", "4294967295", "4294967296", "1.5", "true",
        "[]", "{}", "[1, 2]", "{\"type\": \"Sequence\"}");
    private static final String SPECIAL = "[{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}]";
    private static final String TEMPLATE = "{\"type\":\"TemplateProcessing\",\"single\":" + SPECIAL + ",\"pair\":" + SPECIAL
        + ",\"special_tokens\":{\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[5],\"tokens\":[\"[CLS]\"]}}}";
    private static final Map<String, List<String>> COMPONENTS = Map.of(
        "normalizer", List.of("{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true}",
            "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}", "{\"type\":\"StripAccents\"}", "{\"type\":\"NFKD\"}", "{\"type\":\"Nmt\"}",
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"" + charsmap(Map.of("a", 0, "é", 2), "b\0e\0") + "\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"b\"}", "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"a+\"},\"content\":\"b\"}",
            "{\"type\":\"Prepend\",\"prepend\":\"x\"}", "{\"type\":\"ByteLevel\"}",
            "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"x\"},{\"type\":\"Lowercase\"}]}"),
        "pre_tokenizer", List.of("{\"type\":\"BertPreTokenizer\"}", "{\"type\":\"CharDelimiterSplit\",\"delimiter\":\" \"}",
            "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}",
            "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"add_prefix_space\":true,\"str_rep\":\"_\"}", "{\"type\":\"Whitespace\"}",
            "{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Removed\",\"invert\":true}", "{\"type\":\"WhitespaceSplit\"}",
            "{\"type\":\"Punctuation\",\"behavior\":\"Isolated\"}", "{\"type\":\"Digits\",\"individual_digits\":true}", "{\"type\":\"UnicodeScripts\"}",
            "{\"type\":\"FixedLength\",\"length\":5}"),
        "post_processor", List.of("{\"type\":\"BertProcessing\",\"sep\":[\"a\",1],\"cls\":[\"b\",2]}", TEMPLATE,
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}",
            "{\"type\":\"Sequence\",\"processors\":[" + TEMPLATE + "]}"),
        "model", List.of("{\"type\":\"WordPiece\",\"unk_token\":\"a\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":100,\"vocab\":{\"a\":0,\"##b\":1}}",
            "{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{\"a\":0,\"b\":1}}", "{\"type\":\"WordLevel\",\"unk_token\":\"missing\",\"vocab\":{\"a\":0}}",
            "{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0.0],[\"a\",-1.0],[\"▁a\",-2.5]],\"byte_fallback\":false}",
            "{\"type\":\"Unigram\",\"unk_id\":null,\"vocab\":[[\"\",0.0],[\"a\",1e308],[\"aa\",1e308]]}",
            "{\"type\":\"BPE\",\"continuing_subword_prefix\":\"##\",\"vocab\":{\"a\":0,\"##b\":1,\"ab\":2},\"merges\":[\"a ##b\"]}",
            "{\"type\":\"BPE\",\"continuing_subword_prefix\":\"é\",\"vocab\":{\"a\":0,\"éb\":1,\"ab\":2},\"merges\":[[\"a\",\"éb\"]]}",
            "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":4294967295},\"merges\":[\"a z\"]}", "{\"type\":\"BPE\",\"vocab\":{},\"merges\":[\" \", \"a b c\", \"\"]}"));
    private static final List<String> EXPRESSIONS = List.of("(", "[", "*", "a**", "(?<=a*)b", "(a+)+$", "(a|a)*$", "\\", "\\p{Foo}", "(?R)", "\\1", "(?<n>\\g<n>)", "a{9999999}",
        "a{900}{900}{900}", "(".repeat(300) + ")".repeat(300), "x*", "", "(?=)", "a|", "\\K", "^", "$", "\\b", "(?~a)", "\\x{110000}", ".*".repeat(20), "a?".repeat(40) + "a".repeat(40),
        "[]", "[a", "[[a]", "a*a*b", "a+b", "(?!a)", "a{2,1}", "a{,3}", "(?#a)", "(?<name>a)", "x".repeat(5000));

    private final JsonObject base;
    private final Map<String, String> all = new LinkedHashMap<>();

    private BrokenTokenizers(JsonObject base) {
        this.base = base;
    }

    /** The files by a name that tells what was done. */
    static Map<String, String> of(JsonObject base) {
        BrokenTokenizers broken = new BrokenTokenizers(base);
        base.keySet().forEach(key -> broken.mutate(key, base));
        COMPONENTS.forEach((key, values) -> values.forEach(value -> {
            JsonObject sound = broken.with(key, value);
            broken.all.put(key + " " + value, sound.toString());
            broken.mutate(key, sound);
        }));
        broken.expressions();
        broken.charsmaps();
        broken.others();
        return broken.all;
    }

    private JsonObject with(String key, String value) {
        JsonObject copy = base.deepCopy();
        copy.add(key, JsonParser.parseString(value));
        return copy;
    }

    /** Every value below {@code key} replaced by every wrong one, and removed. */
    private void mutate(String key, JsonObject root) {
        mutate(key + " " + root.get(key).toString().substring(0, Math.min(40, root.get(key).toString().length())), root, List.of(key));
    }

    private void mutate(String name, JsonObject root, List<Object> path) {
        for (int wrong = -1; wrong < WRONG.size(); wrong++) {
            JsonObject copy = root.deepCopy();
            JsonElement parent = find(copy, path.subList(0, path.size() - 1));
            Object last = path.get(path.size() - 1);
            JsonElement value = wrong < 0 ? null : JsonParser.parseString(WRONG.get(wrong));
            if (parent instanceof JsonObject object) {
                object.remove((String) last);
                if (value != null) {
                    object.add((String) last, value);
                }
            } else if (value == null) {
                ((JsonArray) parent).remove((Integer) last);
            } else {
                ((JsonArray) parent).set((Integer) last, value);
            }
            all.put(name + ": " + path + " = " + (wrong < 0 ? "removed" : WRONG.get(wrong)), copy.toString());
        }
        JsonElement value = find(root, path);
        List<Object> below = new ArrayList<>();
        if (value instanceof JsonObject object) {
            object.keySet().stream().limit(8).forEach(below::add);
        } else if (value instanceof JsonArray array && !array.isEmpty()) {
            below.add(0);
        }
        for (Object step : below) {
            List<Object> longer = new ArrayList<>(path);
            longer.add(step);
            mutate(name, root, longer);
        }
    }

    private static JsonElement find(JsonElement root, List<Object> path) {
        JsonElement at = root;
        for (Object step : path) {
            at = step instanceof String key ? at.getAsJsonObject().get(key) : at.getAsJsonArray().get((Integer) step);
        }
        return at;
    }

    private void expressions() {
        for (String expression : EXPRESSIONS) {
            JsonObject pattern = new JsonObject();
            pattern.addProperty("Regex", expression);
            String shown = expression.substring(0, Math.min(30, expression.length()));
            all.put("Split " + shown, with("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":" + pattern + ",\"behavior\":\"Removed\",\"invert\":false}").toString());
            all.put("Replace " + shown, with("normalizer", "{\"type\":\"Replace\",\"pattern\":" + pattern + ",\"content\":\"q\"}").toString());
        }
    }

    private void charsmaps() {
        byte[] sound = Base64.getDecoder().decode(charsmap(Map.of("a", 0, "é", 2), "b\0e\0"));
        Random random = new Random(3);
        for (int i = 0; i < 150; i++) {
            byte[] changed = sound.clone();
            int changes = 1 + random.nextInt(300);
            for (int k = 0; k < changes; k++) {
                changed[4 + random.nextInt(changed.length - 4)] = (byte) random.nextInt(256);
            }
            charsmap("changed " + i, changed);
            charsmap("cut " + i, java.util.Arrays.copyOf(sound, random.nextInt(sound.length)));
            int units = 256;
            ByteBuffer noise = ByteBuffer.allocate(4 + 4 * units + 3).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * units);
            for (int k = 0; k < units; k++) { // labels fit, so that ways go on
                noise.putInt(k ^ 0x61 | random.nextInt(4) << 8 | random.nextInt(300) << 10);
            }
            charsmap("noise " + i, noise.array());
        }
        for (int size : new int[] {0, 3, 4, 1020, -4, -1, Integer.MAX_VALUE}) {
            charsmap("size " + size, ByteBuffer.allocate(4 + 1024).order(ByteOrder.LITTLE_ENDIAN).putInt(size).array());
        }
        charsmap("value beyond", Base64.getDecoder().decode(charsmap(Map.of("a", 5), "b\0e\0")));
        charsmap("value within a character", Base64.getDecoder().decode(charsmap(Map.of("a", 1), "é\0")));
    }

    private void charsmap(String name, byte[] bytes) {
        all.put("charsmap " + name, with("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"" + Base64.getEncoder().encodeToString(bytes) + "\"}").toString());
    }

    private void others() {
        String text = base.toString();
        all.put("a key twice", text.substring(0, text.length() - 1) + ", \"normalizer\": {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\"}}");
        all.put("half a character", text.replaceFirst("\"vocab\":\\{", "\"vocab\":{\"\\\\ud83c\":7,"));
        all.put("nested", with("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[".repeat(100) + "{\"type\":\"NFC\"}" + "]}".repeat(100)).toString());
        all.put("nested deep", "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000));
        all.put("template of the second text", with("post_processor", TEMPLATE.replace("\"id\":\"A\"", "\"id\":\"B\"")).toString());
        all.put("many special tokens", with("post_processor", TEMPLATE.replace("\"single\":[", "\"single\":[" + "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},".repeat(200)))
            .toString());
        for (String token : List.of("{\"id\":4294967295,\"content\":\"a\"", "{\"id\":700,\"content\":\"\"", "{\"id\":3,\"content\":\"\\u0000\"", "{\"id\":3,\"content\":\" \"")) {
            all.put("added " + token, with("added_tokens", "[" + token + ",\"single_word\":true,\"lstrip\":true,\"rstrip\":true,\"normalized\":true,\"special\":true}]").toString());
        }
    }

    /** A charsmap in base64: a trie of keys to begins of strings, as darts-clone stores it, each state in a block of its own. */
    static String charsmap(Map<String, Integer> values, String strings) {
        List<byte[]> prefixes = new ArrayList<>();
        prefixes.add(new byte[0]);
        for (String key : values.keySet()) {
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            for (int length = 1; length <= bytes.length; length++) {
                byte[] prefix = java.util.Arrays.copyOf(bytes, length);
                if (prefixes.stream().noneMatch(known -> java.util.Arrays.equals(known, prefix))) {
                    prefixes.add(prefix);
                }
            }
        }
        int[] units = new int[256 * (prefixes.size() + 1)];
        units[0] = 1 << 9 | 1 << 10; // offset 256: the root's block
        for (int i = 1; i < prefixes.size(); i++) {
            byte[] prefix = prefixes.get(i);
            byte[] before = java.util.Arrays.copyOf(prefix, prefix.length - 1);
            int parent = 0;
            while (!java.util.Arrays.equals(prefixes.get(parent), before)) {
                parent++;
            }
            int label = prefix[prefix.length - 1] & 0xff;
            int at = 256 * (parent + 1) + label;
            Integer value = values.get(new String(prefix, StandardCharsets.UTF_8));
            int state = 256 * (i + 1);
            int offset = at ^ state; // in units of 256 where the low byte is 0, which it is not: so below 2^21, unscaled
            units[at] = label | (value == null ? 0 : 1 << 8) | offset << 10;
            units[state] = value == null ? 0 : value | 1 << 31;
        }
        byte[] text = strings.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * units.length + text.length).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * units.length);
        for (int unit : units) {
            bytes.putInt(unit);
        }
        return Base64.getEncoder().encodeToString(bytes.put(text).array());
    }
}
