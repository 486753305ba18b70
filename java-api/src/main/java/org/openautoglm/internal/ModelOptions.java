package org.openautoglm.internal;

import java.nio.charset.StandardCharsets;
import org.openautoglm.bindings.Native;
import org.openautoglm.unpacking.CacheFolders;

/**
 * The fields of {@code oag_model_options}.
 *
 * @param precision an {@code oag_precision}
 * @param allowInaccurate whether it is used though it is too inaccurate
 * @param pooling an {@code oag_pooling}
 * @param cacheFolder where measurements are kept; null: in the user's cache folder
 * @param prefixCacheBytes for beginnings that texts have in common; negative: none are kept
 * @param wholeTexts whether each text is computed by itself
 */
public record ModelOptions(int precision, boolean allowInaccurate, int pooling, String cacheFolder, long prefixCacheBytes, boolean wholeTexts) {
    /** With {@code -Dopenautoglm.cache} as the folder, where that is set. */
    public static ModelOptions of(int precision, boolean allowInaccurate, int pooling, long prefixCacheBytes, boolean wholeTexts) {
        String folder = System.getProperty(CacheFolders.PROPERTY);
        return new ModelOptions(precision, allowInaccurate, pooling, folder == null || folder.isEmpty() ? null : folder, prefixCacheBytes, wholeTexts);
    }

    /** Reserves the struct and, behind it, the folder's name. */
    long reserve(FrameLayout layout) {
        return layout.add(Native.sizeof_oag_model_options + (cacheFolder == null ? 0 : folderBytes().length + 1L));
    }

    /** Writes the C struct and the name. */
    void write(Frame frame, long offset) {
        frame.clear(offset, Native.sizeof_oag_model_options);
        frame.putInt(offset, Native.sizeof_oag_model_options);
        frame.putInt(offset + Native.offsetof_oag_model_options_precision, precision);
        frame.putInt(offset + Native.offsetof_oag_model_options_allow_inaccurate, allowInaccurate ? 1 : 0);
        frame.putInt(offset + Native.offsetof_oag_model_options_pooling, pooling);
        frame.putLong(offset + Native.offsetof_oag_model_options_prefix_cache_bytes, prefixCacheBytes);
        frame.putInt(offset + Native.offsetof_oag_model_options_whole_texts, wholeTexts ? 1 : 0);
        if (cacheFolder != null) {
            frame.putString(offset + Native.sizeof_oag_model_options, folderBytes());
            frame.putLong(offset + Native.offsetof_oag_model_options_cache_folder, frame.at(offset + Native.sizeof_oag_model_options));
        }
    }

    private byte[] folderBytes() {
        return cacheFolder.getBytes(StandardCharsets.UTF_8);
    }
}
