package org.openautoglm.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.openautoglm.LoadOptions;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;
import org.openautoglm.PrecisionCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "check", sortOptions = false, customSynopsis = "autoglm check [--model DIR] [OPTIONS]",
         header = "Measures how accurate each precision is with a model on this machine.",
         description = {"", "Embeds built-in pictures and texts in fp32 and in each precision, and shows the cosine between the two: that of the worst sample and the "
                        + "mean. The results are remembered, so that loading the model need not measure them again.", ""},
         footer = {"", "Example:", "  autoglm check --model clip-vit-base-patch32"})
final class CheckCommand implements Callable<Integer> {
    private static final Gson JSON = new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES).setPrettyPrinting()
        .registerTypeAdapter(Precision.class, (JsonSerializer<Precision>) (precision, type, context) -> new JsonPrimitive(name(precision))).create();

    @ParentCommand private Main main;
    @Mixin private ModelChoice choice;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override public Integer call() {
        LoadOptions options = choice.options().build();
        PrecisionCheck check = OpenAutoGlm.checkPrecisions(choice.name(), options);
        choice.tellDefault(main.console());
        try (Output out = Output.standard(main.console(), json ? StandardCharsets.UTF_8 : main.console().charset())) {
            out.write(json ? JSON.toJson(check) + "\n" : text(check));
            out.commit();
        }
        return 0;
    }

    private String text(PrecisionCheck check) {
        StringBuilder text = new StringBuilder();
        text.append("model      ").append(Problems.oneLine(choice.name())).append(" (").append(check.modelHash()).append(")\n");
        text.append("runs on    ").append(check.backend()).append('\n');
        text.append("samples    ").append(samples(check)).append("\n\n");
        TextTable table = new TextTable("precision", "images: least", "mean", "texts: least", "mean", "wanted", "verdict");
        for (PrecisionCheck.Line line : check.lines()) {
            table.row(name(line.precision()), least(line.images()), mean(line.images()), least(line.textCosines()), mean(line.textCosines()),
                line.precision() == Precision.FP32 || line.refusal() != null ? "" : String.format(Locale.ROOT, "%.3f", line.requiredCosine()), verdict(line));
        }
        table.appendTo(text);
        for (PrecisionCheck.Line line : check.lines()) {
            if (!line.kept().isEmpty()) {
                text.append("\n").append(name(line.precision())).append(": ").append(line.kept().size()).append(" of ").append(check.matrices())
                    .append(" matrices are kept in ").append(name(line.keptPrecision())).append(", because they suffer most (").append(cosine(line.leastWithoutKept())).append(" without that):\n");
                line.kept().forEach(role -> text.append("  ").append(role).append('\n'));
            }
        }
        return text.append("\nauto is ").append(name(check.automatic())).append(" here.\n").toString();
    }

    private static String samples(PrecisionCheck check) {
        List<String> kinds = new ArrayList<>();
        for (PrecisionCheck.Line line : check.lines()) {
            if (line.images() != null || line.textCosines() != null) {
                if (line.images() != null) {
                    kinds.add(check.pictures() + " pictures, the most alike of cosine " + cosine(line.images().alike()));
                }
                if (line.textCosines() != null) {
                    kinds.add(check.texts() + " texts, the most alike of cosine " + cosine(line.textCosines().alike()));
                }
                break;
            }
        }
        return kinds.isEmpty() ? "none: nothing but fp32 can be computed here" : String.join("; ", kinds);
    }

    private static String verdict(PrecisionCheck.Line line) {
        if (line.refusal() != null) {
            return "refused: " + line.refusal();
        }
        if (line.precision() == Precision.FP32) {
            return "what the others are measured against";
        }
        return (line.accurate() ? "accurate" : "too inaccurate") + (line.nativeArithmetic() ? "" : ", and no faster: this CPU has no " + name(line.precision()) + " arithmetic");
    }

    private static String least(PrecisionCheck.Cosines cosines) {
        return cosines == null ? "" : cosine(cosines.least());
    }

    private static String mean(PrecisionCheck.Cosines cosines) {
        return cosines == null ? "" : cosine(cosines.mean());
    }

    /** Never rounded up to what it does not reach. */
    private static String cosine(double value) {
        return String.format(Locale.ROOT, "%.6f", Math.floor(value * 1e6 + 1e-6) / 1e6);
    }

    private static String name(Precision precision) {
        return precision.name().toLowerCase(Locale.ROOT);
    }
}
