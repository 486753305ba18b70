package org.openautoglm.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;

/**
 * The most memory that lay in a process which loads a model and embeds one picture, above that of a JVM which does neither, in MiB.
 *
 * @param ours of ours
 * @param peer of the peer
 */
record PeakMemory(double ours, double peer) {
    private static final Path STATUS = Path.of("/proc/self/status");

    private enum Side { NOBODY, OURS, PEER }

    /**
     * Runs three processes of a JVM, one after the other.
     *
     * @throws IOException when one of them fails, with what it said
     */
    static PeakMemory of(Setup setup) throws IOException, InterruptedException {
        long bare = measured(setup, Side.NOBODY);
        return new PeakMemory(mebibytes(measured(setup, Side.OURS) - bare), mebibytes(measured(setup, Side.PEER) - bare));
    }

    private static double mebibytes(long kibibytes) {
        return kibibytes / 1024.0;
    }

    private static long measured(Setup setup, Side side) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
        String cache = System.getProperty("openautoglm.cache");
        if (cache != null) {
            command.add("-Dopenautoglm.cache=" + cache);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PeakMemory.class.getName(), side.name(), setup.models().toString(), setup.model(),
            Integer.toString(setup.threads()), setup.precision().name()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("the process that measures the memory of " + side.name().toLowerCase(java.util.Locale.ROOT) + " failed: " + said);
        }
        return Long.parseLong(said.substring(said.lastIndexOf('\n') + 1));
    }

    /** One process: prints the KiB that lay in memory at the most. */
    public static void main(String[] arguments) throws Exception {
        Setup setup = new Setup(Path.of(arguments[1]), arguments[2], Integer.parseInt(arguments[3]), true, Precision.valueOf(arguments[4]));
        switch (Side.valueOf(arguments[0])) {
            case OURS -> {
                try (OpenAutoGlm model = setup.load(setup.precision())) {
                    int side = model.info().imageWidth();
                    model.encodeImages(List.of(ImageInput.ofRgb(ByteBuffer.allocateDirect(3 * side * side), side, side)));
                }
            }
            case PEER -> {
                try (OnnxModel peer = setup.peer("image")) {
                    int side = 224; // what bench_models.py exports
                    peer.on(ByteBuffer.allocateDirect(3 * 4 * side * side).order(ByteOrder.nativeOrder()).asFloatBuffer(), 1, 3, side, side).run();
                }
            }
            case NOBODY -> { }
        }
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("\\D", ""));
                return;
            }
        }
        throw new IOException(STATUS + " has no line \"VmHWM:\"");
    }
}
