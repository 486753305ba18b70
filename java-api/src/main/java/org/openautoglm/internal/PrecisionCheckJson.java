package org.openautoglm.internal;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.openautoglm.Precision;
import org.openautoglm.PrecisionCheck;

/** Reads what {@code oag_check_precisions} writes. */
public final class PrecisionCheckJson {
    private PrecisionCheckJson() { }

    /** The check as an object. */
    public static PrecisionCheck parse(String text) {
        JsonObject json = JsonParser.parseString(text).getAsJsonObject();
        List<PrecisionCheck.Line> lines = new ArrayList<>();
        for (JsonElement line : json.getAsJsonArray("precisions")) {
            lines.add(line(line.getAsJsonObject()));
        }
        return new PrecisionCheck(json.get("model").getAsString(), json.get("backend").getAsString(), precision(json.get("automatic")),
            json.get("matrices").getAsInt(), json.get("pictures").getAsInt(), json.get("texts").getAsInt(), List.copyOf(lines));
    }

    private static PrecisionCheck.Line line(JsonObject line) {
        List<String> kept = new ArrayList<>();
        if (line.has("kept")) {
            line.getAsJsonArray("kept").forEach(role -> kept.add(role.getAsString()));
        }
        return new PrecisionCheck.Line(precision(line.get("name")), line.has("reason") ? line.get("reason").getAsString() : null,
            line.get("accurate").getAsBoolean(), line.get("native").getAsBoolean(), line.get("required").getAsDouble(), cosines(line, "images"),
            cosines(line, "texts"), List.copyOf(kept), kept.isEmpty() ? null : precision(line.get("kept_precision")),
            kept.isEmpty() ? null : (Double) line.get("least_without_kept").getAsDouble());
    }

    private static PrecisionCheck.Cosines cosines(JsonObject line, String name) {
        if (!line.has(name)) {
            return null;
        }
        JsonObject tower = line.getAsJsonObject(name);
        return new PrecisionCheck.Cosines(tower.get("least").getAsDouble(), tower.get("mean").getAsDouble(), tower.get("alike").getAsDouble());
    }

    private static Precision precision(JsonElement name) {
        return Precision.valueOf(name.getAsString().toUpperCase(Locale.ROOT));
    }
}
