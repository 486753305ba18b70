package org.openautoglm;

/** What goes wrong in this library, other than wrong arguments; the subclasses tell what it was. The message is one sentence or two. */
public class OpenAutoGlmException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public OpenAutoGlmException(String message) {
        super(message);
    }

    /**
     * With a message and a cause.
     *
     * @param message what is wrong and what to do about it
     * @param cause what was thrown underneath
     */
    public OpenAutoGlmException(String message, Throwable cause) {
        super(message, cause);
    }
}
