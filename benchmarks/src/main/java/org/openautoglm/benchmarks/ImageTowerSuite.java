package org.openautoglm.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.openautoglm.ImageInput;

/**
 * CLIP's image tower. Ours is given pictures and prepares them within the measured time; the peer prepares none, so it is given the
 * pixels that our preprocessing makes, and its time is the encoder's alone.
 */
final class ImageTowerSuite implements Suite {
    private static final int[] BATCHES = {1, 8, 32};
    private static final int JPEG_BATCH = 8;
    private static final int JPEG_WIDTH = 640;
    private static final int JPEG_HEIGHT = 480;

    private final Setup setup;
    private final Tower tower;
    private final ClipOperations operations;
    private final List<Case> cases = new ArrayList<>();

    /**
     * Loads both sides and prepares the pictures.
     *
     * @param runtime prepares the peer's pixels; used during this call only
     */
    ImageTowerSuite(Setup setup, NativeRuntime runtime) throws IOException, OrtException {
        this.setup = setup;
        this.tower = Tower.open(setup, "image");
        try {
            operations = ClipOperations.of(setup.folder());
            addAll(runtime);
        } catch (IOException | OrtException | RuntimeException | Error failure) {
            tower.close();
            throw failure;
        }
    }

    private void addAll(NativeRuntime runtime) throws IOException, OrtException {
        int width = tower.ours().info().imageWidth();
        int height = tower.ours().info().imageHeight();
        try (NativeRuntime.Processor processor = tower.peer() == null ? null : runtime.processor(setup.folder())) {
            for (int batch : BATCHES) {
                add(processor, IntStream.range(0, batch).mapToObj(i -> Picture.rgb(width, height, i)).toList(),
                    "RGB pixels " + width + "x" + height);
            }
            List<Picture> files = new ArrayList<>();
            for (int i = 0; i < JPEG_BATCH; i++) {
                files.add(Picture.jpeg(JPEG_WIDTH, JPEG_HEIGHT, i));
            }
            add(processor, files, "JPEG files " + JPEG_WIDTH + "x" + JPEG_HEIGHT);
        }
    }

    private void add(NativeRuntime.Processor processor, List<Picture> pictures, String given) throws OrtException {
        int batch = pictures.size();
        List<ImageInput> inputs = pictures.stream().map(Picture::input).toList();
        float[] embeddings = new float[batch * tower.ours().info().embeddingSize()];
        Contender our = tower.ourSide(() -> {
            tower.ours().encodeImages(inputs, embeddings);
            return embeddings;
        }, operations.imagesByOurs(batch));
        Contender their = null;
        if (tower.peer() != null) {
            int width = tower.ours().info().imageWidth();
            int height = tower.ours().info().imageHeight();
            FloatBuffer pixels = processor.pixels(pictures, width, height);
            their = tower.peerSide(tower.peer().on(pixels, batch, 3, height, width), operations.imagesByGraph(batch));
        }
        String input = "ours: " + given + ", preprocessing timed" + (their == null ? "" : "; peer: preprocessed pixels");
        cases.add(new Case("clip image tower", setup.model(), setup.precisionName(), batch, "images", input, our, their));
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        tower.close();
    }
}
