package org.openautoglm;

/** What was asked for makes sense, but this release or this machine does not do it, such as a precision or an instruction set. */
public class UnsupportedException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public UnsupportedException(String message) {
        super(message);
    }

    /**
     * With a message and a cause.
     *
     * @param message what is wrong and what to do about it
     * @param cause what was thrown underneath
     */
    public UnsupportedException(String message, Throwable cause) {
        super(message, cause);
    }
}
