package org.openautoglm;

/** There is not enough native memory (outside the Java heap) or device memory. The model goes on serving smaller calls. */
public class NativeMemoryException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public NativeMemoryException(String message) {
        super(message);
    }

    /**
     * With a message and a cause.
     *
     * @param message what is wrong and what to do about it
     * @param cause what was thrown underneath
     */
    public NativeMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
