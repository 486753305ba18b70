/**
 * Vision-language models from Hugging Face folders, run natively: {@link org.openautoglm.OpenAutoGlm} is where to begin.
 */
module org.openautoglm {
    requires transitive java.desktop; // BufferedImage
    requires org.openautoglm.bindings;
    requires org.slf4j;
    requires com.google.gson;
    requires ai.djl.api;
    requires ai.djl.tokenizers;

    exports org.openautoglm;
}
