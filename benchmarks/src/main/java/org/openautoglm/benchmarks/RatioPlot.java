package org.openautoglm.benchmarks;

import de.erichseifert.vectorgraphics2d.Document;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Rectangle;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.StandardChartTheme;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.labels.ItemLabelAnchor;
import org.jfree.chart.labels.ItemLabelPosition;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.category.DefaultCategoryDataset;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Draws rows of the results as bars: how many times as fast as the peer ours is. benchmarks/plot starts it. */
@Command(name = "benchmarks/plot", header = "Draws result files as an SVG: a bar for each case, the peer's time over ours.",
         description = {"", "Of the same case the newest row counts; rows without a peer are left out.", ""})
final class RatioPlot implements Callable<Integer> {
    private static final int WIDTH = 1100;
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
        write(chart(newest), 110 + 34 * newest.size());
        return 0;
    }

    /** Two lines a case is told by; cases with equal labels are the same case. */
    static String label(Row row) {
        String peerInput = row.input() != null && row.input().contains("; peer: ") ? ", peer: " + row.input().substring(row.input().indexOf("; peer: ") + 8) : "";
        String given = row.input() == null ? "" : row.input().replaceFirst("^ours: ", "").replaceFirst("(, [^,;]*timed\\b|;).*", "");
        return row.name() + " " + row.precision() + ", " + row.items() + " " + row.unit() + " (" + given + peerInput + ")";
    }

    private static JFreeChart chart(Map<String, Row> rows) {
        Row last = Collections.max(rows.values(), Comparator.comparing(Row::date));
        DefaultCategoryDataset ratios = new DefaultCategoryDataset();
        rows.forEach((label, row) -> ratios.addValue(row.ratio(), "OpenAutoGLM", label));
        JFreeChart chart = ChartFactory.createBarChart("Times as fast as the peer (" + last.cpu() + ", " + last.threads() + " threads)", null,
            "peer's time / our time, of the fastest calls of one run", ratios, PlotOrientation.HORIZONTAL, false, false, false);
        StandardChartTheme theme = new StandardChartTheme("plain");
        theme.setExtraLargeFont(font(14));
        theme.setLargeFont(font(11));
        theme.setRegularFont(font(11));
        theme.setPlotBackgroundPaint(Color.WHITE);
        theme.setRangeGridlinePaint(new Color(0xdddddd));
        theme.apply(chart);

        CategoryPlot plot = chart.getCategoryPlot();
        plot.setOutlineVisible(false);
        plot.getDomainAxis().setMaximumCategoryLabelWidthRatio(0.6f);
        plot.getDomainAxis().setMaximumCategoryLabelLines(2);
        plot.addRangeMarker(new ValueMarker(1, PEER, new BasicStroke(2))); // as fast as the peer
        LogAxis axis = new LogAxis(plot.getRangeAxis().getLabel()); // twice as fast is as far as half as fast
        axis.setBase(2);
        axis.setTickUnit(new NumberTickUnit(1)); // a power
        axis.setNumberFormatOverride(new DecimalFormat("0.##", DecimalFormatSymbols.getInstance(Locale.ROOT)));
        axis.setUpperMargin(0.1); // room for the numbers
        axis.setLabelFont(font(11));
        axis.setTickLabelFont(font(11));
        plot.setRangeAxis(axis);
        BarRenderer bars = (BarRenderer) plot.getRenderer();
        bars.setBase(1);
        bars.setBarPainter(new StandardBarPainter());
        bars.setShadowVisible(false);
        bars.setSeriesPaint(0, OURS);
        bars.setDefaultItemLabelGenerator(new StandardCategoryItemLabelGenerator("{2}", new DecimalFormat("0.00", DecimalFormatSymbols.getInstance(Locale.ROOT))));
        bars.setDefaultItemLabelsVisible(true);
        bars.setDefaultPositiveItemLabelPosition(new ItemLabelPosition(ItemLabelAnchor.OUTSIDE3, TextAnchor.CENTER_LEFT));
        return chart;
    }

    private static Font font(int points) {
        return new Font(Font.SANS_SERIF, Font.PLAIN, points);
    }

    private void write(JFreeChart chart, int height) throws IOException {
        VectorGraphics2D graphics = new VectorGraphics2D();
        chart.draw(graphics, new Rectangle(WIDTH, height));
        Document svg = new SVGProcessor().getDocument(graphics.getCommands(), new PageSize(WIDTH, height));
        try (OutputStream file = Files.newOutputStream(out)) {
            svg.writeTo(file);
        }
    }
}
