package org.openautoglm;

/** An index file is missing, damaged, unfinished, of another model, or cannot be written. The message begins with the file. */
public class VectorStoreException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public VectorStoreException(String message) {
        super(message);
    }
}
