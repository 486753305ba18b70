package org.openautoglm;

/** A model folder, its configuration, weights or tokenizer are missing or not usable. The message names the file, tensor or key. */
public class ModelException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public ModelException(String message) {
        super(message);
    }

    /**
     * With a message and a cause.
     *
     * @param message what is wrong and what to do about it
     * @param cause what was thrown underneath
     */
    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
