package org.openautoglm.internal;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

/** What the native diagnostics say about devices. */
public final class Diagnostics {
    private Diagnostics() { }

    /**
     * The whole report: what the native side says, and the library that tokenizes.
     *
     * @return a JSON object
     * @throws org.openautoglm.UnavailableException when the native library cannot be loaded
     */
    public static String report() {
        JsonObject report = JsonParser.parseString(NativeLibrary.diagnostics()).getAsJsonObject();
        JsonObject tokenizers = new JsonObject();
        Throwable problem = TokenizerLibrary.problem();
        tokenizers.addProperty("name", "tokenizers");
        tokenizers.addProperty("usable", problem == null);
        if (problem != null) {
            tokenizers.addProperty("reason", TokenizerLibrary.text(problem));
        }
        JsonObject own = new JsonObject();
        own.addProperty("name", "openautoglm");
        own.addProperty("usable", true);
        JsonArray libraries = new JsonArray();
        libraries.add(own);
        libraries.add(tokenizers);
        report.add("libraries", libraries);
        return report.toString();
    }

    /** Looked up once: the probe opens drivers and plugins. */
    private static final class Devices {
        static final JsonObject REPORT = JsonParser.parseString(NativeLibrary.diagnostics()).getAsJsonObject();
    }

    /**
     * Why a model cannot be loaded for a device.
     *
     * @param device its name in the report, such as cuda
     * @return null when it can
     */
    public static String reasonAgainstDevice(String device) {
        JsonElement devices = Devices.REPORT.get("devices");
        if (devices == null) {
            return reasonAgainstDefaults();
        }
        for (JsonElement element : devices.getAsJsonArray()) {
            JsonObject entry = element.getAsJsonObject();
            if (entry.get("name").getAsString().equals(device)) {
                return entry.get("usable").getAsBoolean() ? null : entry.get("reason").getAsString();
            }
        }
        return "this release of the native library does not know the device " + device;
    }

    /** Why the default options are refused, as when an environment variable asks for a device that is not there; null when they are not. */
    public static String reasonAgainstDefaults() {
        JsonElement refused = Devices.REPORT.get("refused");
        return refused == null ? null : refused.getAsString();
    }
}
