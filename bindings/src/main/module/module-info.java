/** The C ABI of libopenautoglm as static methods over raw addresses. Programs use the module org.openautoglm instead. */
module org.openautoglm.bindings {
    requires transitive org.bytedeco.javacpp;

    exports org.openautoglm.bindings;
    exports org.openautoglm.presets;
    exports org.openautoglm.unpacking to org.openautoglm;
}
