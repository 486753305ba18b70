package org.openautoglm.benchmarks;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;

/**
 * From nothing to the first embedding: a model is loaded, embeds one picture and is closed again, in each call. The files are in the system's cache from the first call on, as they are when a
 * service starts again. How much memory a load takes at its peak is measured in processes that do nothing else.
 */
final class LoadSuite implements Suite {
    private final List<Case> cases;

    /**
     * Prepares the picture for both sides and measures the memory.
     *
     * @param runtime prepares the peer's pixels; used during this call only
     */
    LoadSuite(Setup setup, NativeRuntime runtime) throws Exception {
        ClipOperations operations = ClipOperations.of(setup.folder());
        String backend;
        int width;
        int height;
        int size;
        try (OpenAutoGlm model = setup.load(setup.precision())) { // measures and caches the precision's accuracy, which only a first load ever does
            backend = model.backend().description();
            width = model.info().imageWidth();
            height = model.info().imageHeight();
            size = model.info().embeddingSize();
        }
        Picture picture = Picture.rgb(width, height, 0);
        List<ImageInput> input = List.of(picture.input());
        float[] embedding = new float[size];
        Contender ours = new Contender(Setup.OURS, OpenAutoGlm.version(), backend, () -> {
            try (OpenAutoGlm model = setup.load(setup.precision())) {
                model.encodeImages(input, embedding);
            }
            return embedding;
        }, operations.imagesByOurs(1));
        Contender theirs = null;
        PeakMemory memory = null;
        if (setup.withPeer()) {
            FloatBuffer pixels = pixels(setup, runtime, picture, width, height);
            String version;
            String settings;
            try (OnnxModel peer = setup.peer("image")) { // before anything is timed or measured: is the file there?
                version = peer.version();
                settings = peer.backend();
            }
            theirs = new Contender(OnnxModel.NAME, version, settings, () -> {
                try (OnnxModel peer = setup.peer("image")) {
                    return peer.on(pixels, 1, 3, height, width).run();
                }
            }, operations.imagesByGraph(1));
            memory = PeakMemory.of(setup);
        }
        cases = List.of(new Case("load to first embedding", setup.model(), setup.precisionName(), 1, "images",
            "load, embed one picture of " + width + "x" + height + ", close", ours, theirs, Agreement.leastCosine(setup.precisionName()), memory));
    }

    private static FloatBuffer pixels(Setup setup, NativeRuntime runtime, Picture picture, int width, int height) throws IOException {
        try (NativeRuntime.Processor processor = runtime.processor(setup.folder())) {
            return processor.pixels(List.of(picture), width, height);
        }
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() { }
}
