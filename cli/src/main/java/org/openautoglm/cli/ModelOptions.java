package org.openautoglm.cli;

import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;
import org.openautoglm.VectorStore;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that loads a model to use it. */
final class ModelOptions {
    @Mixin private ModelChoice choice;

    @Option(names = "--precision", paramLabel = "NAME", converter = PrecisionConverter.class,
            description = "auto, fp32, bf16, fp16 or int8; autoglm check shows what each costs in accuracy. Default: auto.")
    private Precision precision = Precision.AUTO;

    @Option(names = "--allow-inaccurate", description = "Use a precision though it is too inaccurate with this model.")
    private boolean allowInaccurate;

    /** The name or folder as given. */
    String name() {
        return choice.name();
    }

    /** Loads the model; the caller closes it. Tells when nobody chose it, for it knows little. */
    OpenAutoGlm load(Console console) {
        OpenAutoGlm loaded = OpenAutoGlm.fromPretrained(name(), choice.options().precision(precision).allowInaccurate(allowInaccurate).build());
        choice.tellDefault(console);
        return loaded;
    }

    static final class PrecisionConverter implements ITypeConverter<Precision> {
        @Override public Precision convert(String value) {
            return ModelChoice.oneOf(Precision.values(), value);
        }
    }

    static final class RowTypeConverter implements ITypeConverter<VectorStore.RowType> {
        @Override public VectorStore.RowType convert(String value) {
            return ModelChoice.oneOf(VectorStore.RowType.values(), value);
        }
    }
}
