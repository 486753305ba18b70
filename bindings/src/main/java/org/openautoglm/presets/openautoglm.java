package org.openautoglm.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how openautoglm.h becomes {@link org.openautoglm.bindings.Native}: every pointer is a raw address in a
 * {@code long}, so that a call creates no {@code org.bytedeco.javacpp.Pointer}. (Each new Pointer checks the resident memory of
 * the process against a multiple of the Java heap and calls System.gc() ten times when it is above, as it is with any large model.)
 */
@Properties(
    target = "org.openautoglm.bindings", global = "org.openautoglm.bindings.Native",
    value = @Platform(cinclude = {"openautoglm.h", "openautoglm_layout.h"}, include = {"openautoglm_memory.h", "openautoglm_tokenizers.h"},
                      compiler = "cpp17", link = "openautoglm", library = "jniopenautoglm"))
public class openautoglm implements InfoMapper {
    @Override public void map(InfoMap map) {
        map.put(new Info("OAG_API").cppTypes().annotations())
           .put(new Info("OAG_JAVACPP_PARSES").define(true))
           // C types: as a value what Java has for it, behind a pointer an address.
           .put(new Info("char").cast().valueTypes("byte").pointerTypes("long"))
           .put(new Info("uint8_t").cast().valueTypes("byte").pointerTypes("long"))
           .put(new Info("int32_t").cast().valueTypes("int").pointerTypes("long"))
           .put(new Info("int64_t").cast().valueTypes("long").pointerTypes("long"))
           .put(new Info("uint64_t").cast().valueTypes("long").pointerTypes("long"))
           .put(new Info("size_t").cast().valueTypes("long").pointerTypes("long"))
           .put(new Info("float").cast().valueTypes("float").pointerTypes("long"))
           .put(new Info("double").cast().valueTypes("double").pointerTypes("long"))
           .put(new Info("void").cast().valueTypes("void").pointerTypes("long"))
           // Handles and structs: addresses; the fields are reached by the sizes and offsets of openautoglm_layout.h.
           .put(new Info("oag_runtime", "oag_model", "oag_runtime_options", "oag_model_options", "oag_model_info", "oag_prefix_statistics", "oag_image", "oag_item",
                         "oag_store", "oag_store_settings", "oag_store_info", "oag_calibration")
                .skip().cast().pointerTypes("long"))
           // JavaCPP turns any T** into a PointerPointer.
           .put(new Info("oag_runtime_create").javaText(
                "@NoException public static native @Cast(\"oag_status\") int oag_runtime_create(@Cast(\"const oag_runtime_options*\") long options, "
                + "@Cast(\"oag_runtime**\") long out, @Cast(\"char*\") long error, @Cast(\"size_t\") long error_capacity);"))
           .put(new Info("oag_model_load").javaText(
                "@NoException public static native @Cast(\"oag_status\") int oag_model_load(@Cast(\"oag_runtime*\") long runtime, "
                + "@Cast(\"const char*\") long folder, @Cast(\"const oag_model_options*\") long options, "
                + "@Cast(\"oag_model**\") long out, @Cast(\"char*\") long error, @Cast(\"size_t\") long error_capacity);"))
           .put(new Info("oag_store_create").javaText(
                "@NoException public static native @Cast(\"oag_status\") int oag_store_create(@Cast(\"oag_runtime*\") long runtime, @Cast(\"const oag_store_settings*\") long settings, "
                + "@Cast(\"oag_store**\") long out, @Cast(\"char*\") long error, @Cast(\"size_t\") long error_capacity);"))
           .put(new Info("oag_store_open").javaText(
                "@NoException public static native @Cast(\"oag_status\") int oag_store_open(@Cast(\"oag_runtime*\") long runtime, @Cast(\"const char*\") long path, @Cast(\"const oag_store_settings*\") long expected, "
                + "@Cast(\"oag_store**\") long out, @Cast(\"char*\") long error, @Cast(\"size_t\") long error_capacity);"))
           .put(new Info("oag_store_open_journal").javaText(
                "@NoException public static native @Cast(\"oag_status\") int oag_store_open_journal(@Cast(\"oag_runtime*\") long runtime, @Cast(\"const char*\") long path, @Cast(\"const oag_store_settings*\") long settings, "
                + "@Cast(\"oag_store**\") long out, @Cast(\"char*\") long error, @Cast(\"size_t\") long error_capacity);"));
    }
}
