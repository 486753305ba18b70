package org.openautoglm.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An ONNX file of one input and one output in ONNX Runtime, with the settings a careful user would choose: as many threads as ours, all graph
 * optimisations, inputs in direct buffers that are made once. Owns the session and the inputs made from it.
 */
final class OnnxModel implements AutoCloseable {
    static final String NAME = "onnxruntime";

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final int threads;
    private final String format;
    private final String input;
    private final List<OnnxTensor> inputs = new ArrayList<>();

    /**
     * Loads and optimises the graph.
     *
     * @param threads 1 or more, the calling one included
     * @param format of its matrix products, for people
     * @throws NoSuchFileException when there is no such file, with how to make it
     */
    OnnxModel(Path file, int threads, String format) throws OrtException, NoSuchFileException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null,
                "is not there. Make the models with: python tools/reference/bench_models.py FOLDER (see benchmarks/README.md), or leave the peer out "
                + "with --no-peer");
        }
        this.threads = threads;
        this.format = format;
        environment.setTelemetry(false);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            session = environment.createSession(file.toString(), options);
        }
        input = session.getInputNames().iterator().next();
    }

    String backend() {
        return "CPU, " + format + ", all optimisations, " + threads + " threads";
    }

    String version() {
        return environment.getVersion();
    }

    /** The run over float inputs of this shape; {@code values} is direct and stays the caller's to keep. */
    Contender.Call on(FloatBuffer values, long... shape) throws OrtException {
        return run(OnnxTensor.createTensor(environment, values, shape));
    }

    /** The run over integer inputs of this shape. */
    Contender.Call on(LongBuffer values, long... shape) throws OrtException {
        return run(OnnxTensor.createTensor(environment, values, shape));
    }

    private Contender.Call run(OnnxTensor tensor) {
        inputs.add(tensor);
        Map<String, OnnxTensor> feed = Map.of(input, tensor);
        return () -> {
            try (OrtSession.Result result = session.run(feed)) {
                FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer(); // a copy on the heap
                return values.array();
            }
        };
    }

    @Override public void close() {
        inputs.forEach(OnnxTensor::close);
        try {
            session.close();
        } catch (OrtException cause) {
            throw new IllegalStateException("ONNX Runtime cannot close a session: " + cause.getMessage(), cause);
        }
    }
}
