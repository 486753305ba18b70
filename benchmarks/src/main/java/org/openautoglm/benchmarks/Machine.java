package org.openautoglm.benchmarks;

import com.google.gson.JsonParser;
import java.lang.management.ManagementFactory;
import org.openautoglm.OpenAutoGlm;

/**
 * Where results come from.
 *
 * @param cpu model
 * @param cpus this process may use
 * @param os name and architecture
 * @param jdk version and vendor
 * @param source commit of this project, null when unknown
 */
public record Machine(String cpu, int cpus, String os, String jdk, String source) {
    /**
     * This machine.
     *
     * @param source commit of this project, null when unknown
     */
    public static Machine here(String source) {
        String cpu = JsonParser.parseString(OpenAutoGlm.diagnostics()).getAsJsonObject().getAsJsonObject("platform").get("cpu").getAsString();
        return new Machine(cpu, Runtime.getRuntime().availableProcessors(), System.getProperty("os.name") + " " + System.getProperty("os.arch"),
            System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")", source);
    }

    /** Programs that ran or wanted to, on average over the last minute; negative where the system does not say. */
    static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }
}
