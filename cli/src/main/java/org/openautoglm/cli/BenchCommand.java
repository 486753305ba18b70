package org.openautoglm.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import org.openautoglm.ImageInput;
import org.openautoglm.LoadOptions;
import org.openautoglm.ModelException;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;
import org.openautoglm.UnavailableException;
import org.openautoglm.UnsupportedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "bench", sortOptions = false, customSynopsis = "autoglm bench [--model DIR] [OPTIONS]",
         header = "Measures how fast a model is on this machine, beside what the machine can do.",
         description = {"", "For each precision: the peak (multiply-adds in registers, all threads), and each tower with batches of 1 and 8: the fastest of several calls, items per "
                        + "second, and the share of the peak that the executed operations reach. Takes less than two minutes.", ""},
         footer = {"", "Example:", "  autoglm bench --model clip-vit-base-patch32"})
final class BenchCommand implements Callable<Integer> {
    private static final int[] BATCHES = {1, 8};
    private static final int LEAST_CALLS = 3;
    private static final int MOST_CALLS = 200;
    /** Nothing new is begun after that, so that all ends in two minutes unless a single call takes that long. */
    private static final double SECONDS_IN_ALL = 90;
    /** No two begin alike, so that none is computed once for several. */
    private static final List<String> TEXTS = List.of("red circle above a square", "two dogs in the snow", "yellow taxi at night", "blue sea with a boat",
        "green leaf under rain", "old man with a hat", "white house on a hill", "black cat and a mouse");

    @ParentCommand private Main main;
    @Mixin private ModelChoice choice;

    @Option(names = "--precision", split = ",", arity = "1", paramLabel = "NAME", converter = ModelOptions.PrecisionConverter.class,
            description = "Only these, such as fp32,int8. Default: all that the device computes in.")
    private List<Precision> precisions;

    @Option(names = "--seconds", paramLabel = "S", description = "Time for each line of the table. Default: ${DEFAULT-VALUE}.", defaultValue = "1.5")
    private double seconds;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /** A line of the table; what does not apply is null. */
    private record Line(String precision, Double peakGops, Double leastCosine, String tower, Integer batch, Double milliseconds, Double perSecond, Double gop,
                        Double percentOfPeak, String refused) { }

    /** All of the output. */
    private record Report(String model, String cpu, String backend, List<Line> lines, String note) { }

    @Override public Integer call() {
        if (!(seconds > 0 && seconds <= 10)) {
            throw CommandFailure.wrongInput("--seconds is " + seconds + ", but must be above 0 and at most 10");
        }
        long end = System.nanoTime() + (long) (SECONDS_IN_ALL * 1e9);
        List<Line> lines = new ArrayList<>();
        String backend = null;
        boolean cut = false;
        for (Precision precision : precisions == null ? List.of(Precision.FP32, Precision.BF16, Precision.INT8) : precisions) {
            LoadOptions options = choice.options().precision(precision).allowInaccurate(true).build();
            if (System.nanoTime() > end) {
                cut = true;
                break;
            }
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(choice.name(), options)) {
                backend = backend == null ? model.backend().device().name().toLowerCase(Locale.ROOT) + " " + model.backend().isa().name().toLowerCase(Locale.ROOT)
                    + ", " + model.backend().threads() + (model.backend().threads() == 1 ? " thread" : " threads") : backend;
                cut |= measure(model, end, lines);
            } catch (UnsupportedException | UnavailableException refusal) {
                lines.add(new Line(name(precision), null, null, null, null, null, null, null, null, refusal.getMessage()));
            }
        }
        if (backend == null) {
            throw new CommandFailure(CommandFailure.WRONG_INPUT, lines.get(0).refused(), null);
        }
        choice.tellDefault(main.console());
        String cpu = JsonParser.parseString(OpenAutoGlm.diagnostics()).getAsJsonObject().getAsJsonObject("platform").get("cpu").getAsString();
        print(new Report(choice.name(), cpu, backend, lines, cut ? "after " + (int) SECONDS_IN_ALL + " seconds, nothing more was begun" : null));
        return 0;
    }

    /** Both towers in the precision that the model is loaded in. Whether time ran out. */
    private boolean measure(OpenAutoGlm model, long end, List<Line> lines) {
        double peak = model.measurePeak();
        if (model.info().hasImageTower()) {
            List<ImageInput> pictures = pictures(model);
            float[] rows = new float[pictures.size() * model.info().embeddingSize()];
            for (int batch : BATCHES) {
                if (System.nanoTime() > end) {
                    return true;
                }
                List<ImageInput> some = pictures.subList(0, batch);
                lines.add(line(model, peak, "image", batch, fastest(() -> model.encodeImages(some, rows)), model.countOperations(batch, 0, 0)));
            }
        }
        if (model.info().hasTextTower() && hasTokenizer(model)) {
            float[] rows = new float[TEXTS.size() * model.info().embeddingSize()];
            for (int batch : BATCHES) {
                if (System.nanoTime() > end) {
                    return true;
                }
                List<String> some = TEXTS.subList(0, batch);
                double operations = some.stream().mapToDouble(text -> model.countOperations(0, 1, model.tokenize(text).length)).sum();
                lines.add(line(model, peak, "text", batch, fastest(() -> model.encodeTexts(some, rows)), operations));
            }
        }
        return false;
    }

    private static boolean hasTokenizer(OpenAutoGlm model) {
        try {
            model.tokenize("");
            return true;
        } catch (ModelException none) {
            return false;
        }
    }

    private static Line line(OpenAutoGlm model, double peak, String tower, int batch, double time, double operations) {
        double cosine = tower.equals("image") ? model.backend().leastImageCosine() : model.backend().leastTextCosine();
        return new Line(name(model.backend().precision()), rounded(peak * 1e-9), Math.floor(cosine * 1e6 + 1e-6) / 1e6, tower, batch, rounded(time * 1e3), rounded(batch / time),
            rounded(operations * 1e-9), rounded(100 * operations / time / peak), null);
    }

    private double fastest(Runnable call) {
        call.run(); // code and workspaces are there after it
        double best = Double.POSITIVE_INFINITY;
        long stop = System.nanoTime() + (long) (seconds * 1e9);
        for (int i = 0; i < MOST_CALLS && (i < LEAST_CALLS || System.nanoTime() < stop); i++) {
            long start = System.nanoTime();
            call.run();
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
        }
        return best;
    }

    /** Noise, of the size that the tower takes: nothing is decoded or resized. */
    private static List<ImageInput> pictures(OpenAutoGlm model) {
        int width = model.info().imageWidth();
        int height = model.info().imageHeight();
        Random random = new Random(5);
        List<ImageInput> pictures = new ArrayList<>();
        for (int i = 0; i < BATCHES[BATCHES.length - 1]; i++) {
            byte[] pixels = new byte[3 * width * height];
            random.nextBytes(pixels);
            pictures.add(ImageInput.ofRgb(ByteBuffer.allocateDirect(pixels.length).put(pixels).flip(), width, height));
        }
        return pictures;
    }

    private void print(Report report) {
        try (Output out = Output.standard(main.console(), json ? StandardCharsets.UTF_8 : main.console().charset())) {
            out.write(json ? new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES).setPrettyPrinting().create().toJson(report) + "\n"
                : text(report));
            out.commit();
        }
    }

    private static String text(Report report) {
        StringBuilder text = new StringBuilder();
        text.append("model    ").append(Problems.oneLine(report.model())).append('\n');
        text.append("cpu      ").append(report.cpu()).append('\n');
        text.append("runs on  ").append(report.backend()).append("\n\n");
        TextTable table = new TextTable("precision", "peak Gop/s", "tower", "batch", "ms", "per second", "Gop", "% of peak", "least cosine");
        for (Line line : report.lines()) {
            if (line.refused() == null) {
                table.row(line.precision(), number("%.0f", line.peakGops()), line.tower(), line.batch().toString(), number("%.3f", line.milliseconds()),
                    number("%.1f", line.perSecond()), number("%.3f", line.gop()), number("%.1f", line.percentOfPeak()),
                    line.precision().equals("fp32") ? "" : number("%.6f", line.leastCosine()));
            }
        }
        table.appendTo(text);
        report.lines().stream().filter(line -> line.refused() != null)
            .forEach(line -> text.append(line.precision()).append(": ").append(Problems.oneLine(line.refused())).append('\n'));
        if (report.note() != null) {
            text.append(report.note()).append('\n');
        }
        return text.toString();
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private static String name(Precision precision) {
        return precision.name().toLowerCase(Locale.ROOT);
    }

    private static double rounded(double value) {
        return Math.round(value * 1e3) / 1e3;
    }
}
