package org.openautoglm.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.openautoglm.Device;
import org.openautoglm.LoadOptions;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;

/**
 * What all suites are opened with.
 *
 * @param models the folder that tools/reference/bench_models.py wrote
 * @param model folder in it; the ONNX files are named after it
 * @param threads of ours and of the peer
 * @param withPeer false: ours runs alone
 * @param precision of our towers where a suite does not choose its own; with INT8 the peer runs its dynamically quantised graph
 */
record Setup(Path models, String model, int threads, boolean withPeer, Precision precision) {
    static final String OURS = "openautoglm";

    Path folder() {
        return models.resolve(model);
    }

    Path onnx(String tower) {
        return models.resolve(model + "-" + tower + (precision == Precision.INT8 ? "-int8" : "") + ".onnx");
    }

    /** As rows name it: fp32, bf16, int8. */
    String precisionName() {
        return precision.name().toLowerCase(Locale.ROOT);
    }

    /** Our model on the host in a precision; the caller closes it. Calls are repeated, and none profits from the one before. */
    OpenAutoGlm load(Precision precision) {
        return OpenAutoGlm.fromPretrained(folder(), options(precision).build());
    }

    /**
     * The peer's side of a tower; the caller closes it.
     *
     * @param tower as in the ONNX file's name
     */
    OnnxModel peer(String tower) throws IOException, OrtException {
        return new OnnxModel(onnx(tower), threads, precision == Precision.INT8 ? "int8 dynamic per channel" : "fp32");
    }

    /** What {@link #load} loads with. */
    LoadOptions.Builder options(Precision precision) {
        return LoadOptions.builder().device(Device.HOST).precision(precision).threads(threads).prefixCacheBytes(0);
    }
}
