package org.openautoglm.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.UnavailableException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "doctor", sortOptions = false, customSynopsis = "autoglm doctor [--json]",
         header = "Shows what this machine has and what a model would run on, and why.",
         description = {"", "Platform, CPU features, instruction sets, devices and libraries tried with the reason for refusing each, GPU driver, memory, "
                        + "versions. Exit code 1 when no model can be loaded.", ""})
final class DoctorCommand implements Callable<Integer> {
    @ParentCommand private Main main;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override public Integer call() {
        Console console = main.console();
        JsonObject report = new JsonObject();
        String problem = null;
        try {
            JsonParser.parseString(OpenAutoGlm.diagnostics()).getAsJsonObject().entrySet().forEach(e -> report.add(e.getKey(), e.getValue()));
            JsonElement refused = report.get("refused");
            problem = refused == null ? null : refused.getAsString();
        } catch (UnavailableException cause) {
            problem = cause.getMessage();
            report.addProperty("refused", problem);
        }
        report.add("java", java(console));
        Charset charset = json ? StandardCharsets.UTF_8 : console.charset();
        try (Output out = Output.standard(console, charset)) {
            String text = json ? new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create().toJson(report) + "\n"
                : new ReportText().render(report);
            out.write(text);
            out.commit();
        }
        if (problem != null) {
            throw new CommandFailure(CommandFailure.FAILED, problem, null);
        }
        return 0;
    }

    private static JsonObject java(Console console) {
        JsonObject java = new JsonObject();
        java.addProperty("version", System.getProperty("java.version"));
        java.addProperty("vendor", System.getProperty("java.vendor"));
        java.addProperty("home", System.getProperty("java.home"));
        java.addProperty("heap_limit_bytes", Runtime.getRuntime().maxMemory());
        java.addProperty("processors", Runtime.getRuntime().availableProcessors());
        java.addProperty("terminal_charset", console.charset().name());
        java.addProperty("file_name_charset", System.getProperty("sun.jnu.encoding"));
        return java;
    }
}
