package org.openautoglm.benchmarks;

import java.nio.file.Path;
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
 */
record Setup(Path models, String model, int threads, boolean withPeer) {
    static final String OURS = "openautoglm";

    Path folder() {
        return models.resolve(model);
    }

    Path onnx(String tower) {
        return models.resolve(model + "-" + tower + ".onnx");
    }

    /** Our model on the host in a precision; the caller closes it. */
    OpenAutoGlm load(Precision precision) {
        return OpenAutoGlm.fromPretrained(folder(), LoadOptions.builder().device(Device.HOST).precision(precision).threads(threads).build());
    }
}
