package org.openautoglm.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;

/**
 * What Java and JNI add to a call: {@code encodeImages} of one picture in the caller's direct buffer, beside the same call of the C ABI by raw addresses. A thousand calls are one
 * measurement, so that a millisecond of the row is a microsecond of a call; the difference of the two minima is what Java adds.
 */
final class JavaCallSuite implements Suite {
    private static final int CALLS = 1000;
    private static final int SIDE = 32; // pixels: little else is to be done

    private final OpenAutoGlm model;
    private final NativeRuntime.Encoder encoder;
    private final List<Case> cases;

    /**
     * Loads both sides.
     *
     * @param runtime owns the peer's model; to be closed after this suite
     */
    JavaCallSuite(Setup setup, NativeRuntime runtime) throws IOException {
        model = setup.load(Precision.FP32);
        NativeRuntime.Encoder opened = null;
        try {
            ByteBuffer pixels = ByteBuffer.allocateDirect(3 * SIDE * SIDE);
            for (int i = 0; i < pixels.capacity(); i++) {
                pixels.put(i, (byte) (i * 31));
            }
            List<ImageInput> images = List.of(ImageInput.ofRgb(pixels, SIDE, SIDE));
            float[] row = new float[model.info().embeddingSize()];
            opened = runtime.encoder(setup.folder(), pixels, SIDE, SIDE, row.length);
            NativeRuntime.Encoder peer = opened;
            long operations = CALLS * ClipOperations.of(setup.folder()).imagesByOurs(1);
            Contender ours = new Contender(Setup.OURS, OpenAutoGlm.version(), model.backend().description(), () -> {
                for (int i = 0; i < CALLS; i++) {
                    model.encodeImages(images, row);
                }
                return row;
            }, operations);
            Contender abi = new Contender("the C ABI", OpenAutoGlm.version(), model.backend().description(), () -> {
                for (int i = 0; i < CALLS; i++) {
                    peer.encode();
                }
                return peer.embedding();
            }, operations);
            cases = List.of(new Case("java call", setup.model(), "fp32", 1, "picture",
                "ours: encodeImages of a direct buffer, " + CALLS + " times; peer: oag_encode_images by raw addresses, as often", ours, abi));
            encoder = opened;
        } catch (IOException | RuntimeException | Error failure) {
            if (opened != null) {
                opened.close();
            }
            model.close();
            throw failure;
        }
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        encoder.close();
        model.close();
    }
}
