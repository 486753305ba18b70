package org.openautoglm.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openautoglm.Device;
import org.openautoglm.LoadOptions;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of every command that loads a model. */
final class ModelOptions {
    private static final String DEMO = "open-autoglm-demo";

    @Option(names = "--model", paramLabel = "DIR",
            description = "Model folder as Hugging Face publishes it. Nothing is ever downloaded. Default: " + DEMO
                + ", a small embedded model that knows drawn shapes and nothing else.")
    private String model;

    @Option(names = "--device", paramLabel = "NAME", converter = DeviceConverter.class,
            description = "auto, host, cuda or tensorrt. Default: auto, the best that is there.")
    private Device device = Device.AUTO;

    @Option(names = "--precision", paramLabel = "NAME", converter = PrecisionConverter.class,
            description = "auto, fp32, bf16, fp16 or int8. Default: auto.")
    private Precision precision = Precision.AUTO;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads. Default: the CPUs this process may use.")
    private Integer threads;

    /** The name or folder as given. */
    String name() {
        return model == null ? DEMO : model;
    }

    /** Loads the model; the caller closes it. Tells when nobody chose it, for it knows little. */
    OpenAutoGlm load(Console console) {
        LoadOptions.Builder options = LoadOptions.builder().device(device).precision(precision);
        if (threads != null) {
            if (threads < 1) {
                throw CommandFailure.wrongInput("--threads is " + threads + ", but must be at least 1");
            }
            options.threads(threads);
        }
        OpenAutoGlm loaded = OpenAutoGlm.fromPretrained(name(), options.build());
        if (model == null) {
            Problems.print(console.err(), "no --model is given: this is " + DEMO + ", which knows drawn shapes only");
        }
        return loaded;
    }

    static final class DeviceConverter implements ITypeConverter<Device> {
        @Override public Device convert(String value) {
            return choice(Device.values(), value);
        }
    }

    static final class PrecisionConverter implements ITypeConverter<Precision> {
        @Override public Precision convert(String value) {
            return choice(Precision.values(), value);
        }
    }

    private static <E extends Enum<E>> E choice(E[] values, String name) {
        for (E value : values) {
            if (value.name().equalsIgnoreCase(name)) {
                return value;
            }
        }
        throw new TypeConversionException("'" + name + "' is none of "
            + Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", ")));
    }
}
