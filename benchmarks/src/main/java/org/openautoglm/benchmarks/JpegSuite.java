package org.openautoglm.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.openautoglm.ImageInput;

/**
 * From the bytes of many JPEG files of about a megapixel to their embeddings. Ours is given the files in one call, in the precision of {@link Setup}. The peer runs
 * in batches, once behind what Java programs usually do with a picture ({@link UsualPreparation}, one picture after the other and timed), and once on
 * pixels that our preprocessing made before (not timed: its time is the encoder's alone).
 */
final class JpegSuite implements Suite {
    /** Of the first case, whose pixels differ: Java's scaling drops the pixels between, ours averages them. */
    private static final double LEAST_OF_OTHER_PIXELS = 0.7;
    private static final int WIDTH = 1152;
    private static final int HEIGHT = 864;
    private static final int BATCH = 32;

    private final Setup setup;
    private final Tower tower;
    private final int pictures;
    private final List<Case> cases = new ArrayList<>();

    /**
     * Loads both sides and makes the files.
     *
     * @param runtime prepares the peer's pixels; used during this call only
     * @param pictures files, 1 or more
     */
    JpegSuite(Setup setup, NativeRuntime runtime, int pictures) throws IOException, OrtException {
        this.setup = setup;
        this.pictures = pictures;
        this.tower = Tower.open(setup, "image");
        try {
            addAll(runtime);
        } catch (IOException | OrtException | RuntimeException | Error failure) {
            tower.close();
            throw failure;
        }
    }

    private void addAll(NativeRuntime runtime) throws IOException, OrtException {
        List<Picture> files = new ArrayList<>();
        for (int i = 0; i < pictures; i++) {
            files.add(Picture.photograph(WIDTH, HEIGHT, i));
        }
        List<ImageInput> inputs = files.stream().map(Picture::input).toList();
        float[] embeddings = new float[files.size() * tower.ours().info().embeddingSize()];
        ClipOperations operations = ClipOperations.of(setup.folder());
        Contender ours = tower.ourSide(() -> {
            tower.ours().encodeImages(inputs, embeddings);
            return embeddings;
        }, operations.imagesByOurs(files.size()));
        String given = "ours: JPEG files " + WIDTH + "x" + HEIGHT + ", all timed";
        if (tower.peer() == null) {
            add(ours, null, given, Agreement.leastCosine(setup.precisionName()));
            return;
        }
        long theirOperations = operations.imagesByGraph(files.size());
        add(ours, tower.peerSide(behindUsualPreparation(files), theirOperations), given + "; peer: the same files through ImageIO and Graphics2D, all timed",
            LEAST_OF_OTHER_PIXELS);
        add(ours, tower.peerSide(onOurPixels(files, runtime), theirOperations), given + "; peer: preprocessed pixels",
            Agreement.leastCosine(setup.precisionName()));
    }

    private void add(Contender ours, Contender peer, String input, double leastCosine) {
        cases.add(new Case("clip JPEG files to embeddings", setup.model(), setup.precisionName(), pictures, "images", input, ours, peer, leastCosine));
    }

    private Contender.Call behindUsualPreparation(List<Picture> files) throws IOException, OrtException {
        int side = tower.ours().info().imageWidth();
        UsualPreparation preparation = UsualPreparation.of(setup.folder(), side);
        FloatBuffer pixels = ByteBuffer.allocateDirect(Math.min(BATCH, files.size()) * 3 * side * side * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
        Map<Integer, Contender.Call> runs = new HashMap<>(); // by batch: all are full but the last
        for (List<Picture> batch : batches(files)) {
            if (!runs.containsKey(batch.size())) {
                runs.put(batch.size(), tower.peer().on(pixels.slice(0, batch.size() * 3 * side * side), batch.size(), 3, side, side));
            }
        }
        return together(files, batch -> {
            FloatBuffer out = pixels.duplicate();
            for (Picture picture : batch) {
                preparation.put(picture, out);
            }
            return runs.get(batch.size()).run();
        });
    }

    private Contender.Call onOurPixels(List<Picture> files, NativeRuntime runtime) throws OrtException {
        int side = tower.ours().info().imageWidth();
        Map<Picture, Contender.Call> runs = new IdentityHashMap<>(); // by the batch's first
        try (NativeRuntime.Processor processor = runtime.processor(setup.folder())) {
            for (List<Picture> batch : batches(files)) {
                runs.put(batch.get(0), tower.peer().on(processor.pixels(batch, side, side), batch.size(), 3, side, side));
            }
        }
        return together(files, batch -> runs.get(batch.get(0)).run());
    }

    /** What computes one batch's embeddings. */
    @FunctionalInterface private interface Step {
        float[] run(List<Picture> batch) throws Exception;
    }

    private Contender.Call together(List<Picture> files, Step step) {
        int dimension = tower.ours().info().embeddingSize();
        float[] embeddings = new float[files.size() * dimension];
        return () -> {
            int at = 0;
            for (List<Picture> batch : batches(files)) {
                System.arraycopy(step.run(batch), 0, embeddings, at, batch.size() * dimension);
                at += batch.size() * dimension;
            }
            return embeddings;
        };
    }

    private static List<List<Picture>> batches(List<Picture> files) {
        List<List<Picture>> batches = new ArrayList<>();
        for (int first = 0; first < files.size(); first += BATCH) {
            batches.add(files.subList(first, Math.min(files.size(), first + BATCH)));
        }
        return batches;
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        tower.close();
    }
}
