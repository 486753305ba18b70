package org.openautoglm.internal;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

/** What the native diagnostics say about devices. */
public final class Diagnostics {
    private Diagnostics() { }

    /** Looked up once: the probe opens drivers and plugins. */
    private static final class Devices {
        static final JsonObject REPORT = JsonParser.parseString(NativeLibrary.diagnostics()).getAsJsonObject();
    }

    /**
     * Why a device cannot be used.
     *
     * @param device its name in the report, such as cuda
     * @return null when it can be used
     */
    public static String reasonAgainstDevice(String device) {
        for (JsonElement element : Devices.REPORT.getAsJsonArray("devices")) {
            JsonObject entry = element.getAsJsonObject();
            if (entry.get("name").getAsString().equals(device)) {
                return entry.get("available").getAsBoolean() ? null : entry.get("reason").getAsString();
            }
        }
        return "this release of the native library does not know the device " + device;
    }
}
