package org.openautoglm.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openautoglm.Device;
import org.openautoglm.LoadOptions;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which model, and where it runs. */
final class ModelChoice {
    private static final String DEMO = "open-autoglm-demo";

    @Option(names = "--model", paramLabel = "DIR",
            description = "Model folder as Hugging Face publishes it. Nothing is ever downloaded. Default: " + DEMO
                + ", a small embedded model that knows drawn shapes and nothing else.")
    private String model;

    @Option(names = "--device", paramLabel = "NAME", converter = DeviceConverter.class,
            description = "auto, host, cuda or tensorrt. Default: auto, the best that is there.")
    private Device device = Device.AUTO;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads. Default: the CPUs this process may use.")
    private Integer threads;

    /** The name or folder as given. */
    String name() {
        return model == null ? DEMO : model;
    }

    LoadOptions.Builder options() {
        LoadOptions.Builder options = LoadOptions.builder().device(device);
        if (threads != null) {
            if (threads < 1) {
                throw CommandFailure.wrongInput("--threads is " + threads + ", but must be at least 1");
            }
            options.threads(threads);
        }
        return options;
    }

    /** Tells when nobody chose the model, for the default one knows little. */
    void tellDefault(Console console) {
        if (model == null) {
            Problems.print(console.err(), "no --model is given: this is " + DEMO + ", which knows drawn shapes only");
        }
    }

    static final class DeviceConverter implements ITypeConverter<Device> {
        @Override public Device convert(String value) {
            return oneOf(Device.values(), value);
        }
    }

    /** The value of that name, in any case. */
    static <E extends Enum<E>> E oneOf(E[] values, String name) {
        for (E value : values) {
            if (value.name().equalsIgnoreCase(name)) {
                return value;
            }
        }
        throw new TypeConversionException("'" + name + "' is none of "
            + Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")));
    }
}
