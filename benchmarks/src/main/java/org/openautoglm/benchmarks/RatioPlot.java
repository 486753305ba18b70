package org.openautoglm.benchmarks;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws rows of the results as bars: how many times as fast as the peer ours is. benchmarks/plot starts it. */
@Command(name = "benchmarks/plot", header = "Draws result files as an SVG: a bar for each case, the peer's time over ours.",
         description = {"", "Of the same case the newest row counts; rows without a peer are left out.", ""})
final class RatioPlot implements Callable<Integer> {
    private static final Color OURS = new Color(0x2f6f9f);
    private static final Color PEER = new Color(0xb0b0b0);

    @Parameters(arity = "1..*", paramLabel = "STEM", description = "Result files: STEM.jsonl, as benchmarks/run --out names them.")
    private List<Path> stems;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The SVG that is written.")
    private Path out;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this.")
    private boolean help;

    /** Runs it; the exit code is 0, or 1 when nothing could be drawn, or 2 for wrong usage. */
    public static void main(String[] arguments) {
        System.exit(run(new PrintWriter(System.err, true), arguments));
    }

    /** As {@link #main}, without the exit. */
    static int run(PrintWriter err, String... arguments) {
        return new CommandLine(new RatioPlot()).setErr(err)
            .setExecutionExceptionHandler((problem, commandLine, parsed) -> {
                err.println("benchmarks: " + (problem instanceof RuntimeException || problem.getMessage() == null ? problem : problem.getMessage()));
                return 1;
            })
            .execute(arguments);
    }

    @Override public Integer call() throws IOException {
        Map<String, Row> newest = new LinkedHashMap<>();
        for (Path stem : stems) {
            List<Row> rows = new ResultFiles(stem).rows();
            if (rows.isEmpty()) {
                throw new NoSuchFileException(stem + ".jsonl has no rows: benchmarks/run --out " + stem + " writes them");
            }
            for (Row row : rows) {
                if (row.peer() != null) {
                    newest.merge(label(row), row, (older, newer) -> newer.date().compareTo(older.date()) >= 0 ? newer : older);
                }
            }
        }
        if (newest.isEmpty()) {
            throw new IOException("no row has a peer: there is nothing to compare");
        }
        VectorGraphicsEncoder.saveVectorGraphic(chart(newest), out.toString(), VectorGraphicsFormat.SVG);
        return 0;
    }

    /** Two lines a case is told by; cases with equal labels are the same case. */
    static String label(Row row) {
        String peerInput = row.input() != null && row.input().contains("; peer: ") ? ", peer: " + row.input().substring(row.input().indexOf("; peer: ") + 8) : "";
        String given = row.input() == null ? "" : row.input().replaceFirst("^ours: ", "").replaceFirst("(, |;).*", "");
        return row.name() + " " + row.precision() + ", " + row.items() + " " + row.unit() + " (" + given + peerInput + ")";
    }

    private static HorizontalBarChart chart(Map<String, Row> rows) {
        Row last = Collections.max(rows.values(), (a, b) -> a.date().compareTo(b.date()));
        HorizontalBarChart chart = new HorizontalBarChartBuilder().width(1100).height(110 + 44 * rows.size())
            .title("Times as fast as the peer (" + last.cpu() + ", " + last.threads() + " threads, " + last.ours_backend() + ")")
            .xAxisTitle("peer's time / our time, of the fastest calls").build();
        List<String> labels = new ArrayList<>(rows.keySet());
        Collections.reverse(labels); // the first at the top
        List<Double> ratios = labels.stream().map(label -> rows.get(label).ratio()).toList();
        chart.addSeries("OpenAutoGLM", ratios, labels).setFillColor(OURS);
        chart.addSeries("peer", Collections.nCopies(labels.size(), 1.0), labels).setFillColor(PEER);
        Styler style = chart.getStyler();
        style.setChartBackgroundColor(Color.WHITE);
        style.setLegendPosition(Styler.LegendPosition.OutsideS).setLegendLayout(Styler.LegendLayout.Horizontal);
        style.setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        chart.getStyler().setLabelsVisible(true);
        chart.getStyler().setXAxisDecimalPattern("0.0");
        chart.getStyler().setXAxisMin(0.0);
        return chart;
    }
}
