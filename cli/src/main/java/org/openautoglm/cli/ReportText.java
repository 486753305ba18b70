package org.openautoglm.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Locale;
import java.util.Map;

/** The doctor's JSON as text for people: a section per object, a line per value. */
final class ReportText {
    private static final int NAME_COLUMNS = 24;

    private final StringBuilder text = new StringBuilder();

    String render(JsonObject report) {
        report.entrySet().stream().filter(entry -> !isSection(entry.getValue())).forEach(entry -> value(entry, ""));
        report.entrySet().stream().filter(entry -> isSection(entry.getValue())).forEach(this::section);
        return text.toString();
    }

    private static boolean isSection(JsonElement element) {
        return element.isJsonObject() || element.isJsonArray();
    }

    private void section(Map.Entry<String, JsonElement> entry) {
        text.append('\n').append(words(entry.getKey())).append('\n');
        if (entry.getValue().isJsonArray()) {
            for (JsonElement item : entry.getValue().getAsJsonArray()) {
                if (item.isJsonObject()) {
                    verdict(item.getAsJsonObject());
                } else {
                    line("", item.getAsString());
                }
            }
        } else {
            entry.getValue().getAsJsonObject().entrySet().forEach(inner -> value(inner, "  "));
        }
    }

    /** {@code {"name":…, "usable":…, "chosen":…, "reason":…}}: what was tried and what became of it. */
    private void verdict(JsonObject tried) {
        boolean usable = tried.has("usable") && tried.get("usable").getAsBoolean();
        boolean chosen = tried.has("chosen") && tried.get("chosen").getAsBoolean();
        String reason = tried.has("reason") ? ": " + tried.get("reason").getAsString() : "";
        line("  " + tried.get("name").getAsString(), (chosen ? "chosen" : usable ? "usable" : "refused") + reason);
    }

    private void value(Map.Entry<String, JsonElement> entry, String indent) {
        JsonElement value = entry.getValue();
        String name = entry.getKey();
        if (value.isJsonArray()) {
            line(indent + words(name), joined(value.getAsJsonArray()));
        } else if (value.isJsonObject()) {
            line(indent + words(name), value.toString());
        } else if (name.endsWith("_bytes")) {
            line(indent + words(name.substring(0, name.length() - "_bytes".length())), size(value.getAsLong()));
        } else {
            line(indent + words(name), value.getAsString());
        }
    }

    private void line(String name, String value) {
        text.append(name).append(" ".repeat(Math.max(1, NAME_COLUMNS - name.length()))).append(Problems.oneLine(value)).append('\n');
    }

    private static String joined(JsonArray values) {
        StringBuilder joined = new StringBuilder();
        for (JsonElement value : values) {
            joined.append(joined.length() == 0 ? "" : " ").append(value.getAsString());
        }
        return joined.toString();
    }

    private static String words(String name) {
        return name.replace('_', ' ');
    }

    private static String size(long bytes) {
        return bytes < 1L << 30 ? String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0)
            : String.format(Locale.ROOT, "%.1f GiB", bytes / 1073741824.0);
    }
}
