package org.openautoglm.internal;

import java.util.Objects;
import org.openautoglm.bindings.Native;

/**
 * The fields of {@code oag_runtime_options}; models with equal ones share a runtime.
 *
 * @param device an {@code oag_device}
 * @param isa an {@code oag_isa}
 * @param threads 0: the CPUs this process may use
 * @param maxTokens rows of one pass; 0: the default
 * @param maxPasses passes at once; 0: the default
 * @param maxImagePixels pixels of one picture, at least 1: this side must know the limit
 * @param maxPixelsInFlight decoded pixels held at once; 0: the default
 * @param hugePages an {@code oag_huge_pages}
 */
public record RuntimeOptions(int device, int isa, int threads, int maxTokens, int maxPasses, long maxImagePixels,
                             long maxPixelsInFlight, int hugePages) {
    /** Pillow's limit. */
    public static final long DEFAULT_MAX_IMAGE_PIXELS = 178_956_970;

    /** What a model loaded without options runs with. */
    static RuntimeOptions defaults() {
        return new RuntimeOptions(0, 0, 0, 0, 0, DEFAULT_MAX_IMAGE_PIXELS, 0, 0);
    }

    /** By hand: in JDK 17 the first use of a record's own equals in a class loader pins that class loader. */
    @Override public boolean equals(Object other) {
        return other instanceof RuntimeOptions that && device == that.device && isa == that.isa && threads == that.threads
            && maxTokens == that.maxTokens && maxPasses == that.maxPasses && maxImagePixels == that.maxImagePixels
            && maxPixelsInFlight == that.maxPixelsInFlight && hugePages == that.hugePages;
    }

    @Override public int hashCode() {
        return Objects.hash(device, isa, threads, maxTokens, maxPasses, maxImagePixels, maxPixelsInFlight, hugePages);
    }

    /** Writes the C struct at {@code offset}. */
    void write(Frame frame, long offset) {
        frame.clear(offset, Native.sizeof_oag_runtime_options);
        frame.putInt(offset, Native.sizeof_oag_runtime_options); // struct_size comes first in every struct
        frame.putInt(offset + Native.offsetof_oag_runtime_options_device, device);
        frame.putInt(offset + Native.offsetof_oag_runtime_options_isa, isa);
        frame.putInt(offset + Native.offsetof_oag_runtime_options_threads, threads);
        frame.putInt(offset + Native.offsetof_oag_runtime_options_max_tokens, maxTokens);
        frame.putInt(offset + Native.offsetof_oag_runtime_options_max_passes, maxPasses);
        frame.putLong(offset + Native.offsetof_oag_runtime_options_max_image_pixels, maxImagePixels);
        frame.putLong(offset + Native.offsetof_oag_runtime_options_max_pixels_in_flight, maxPixelsInFlight);
        frame.putInt(offset + Native.offsetof_oag_runtime_options_huge_pages, hugePages);
    }
}
