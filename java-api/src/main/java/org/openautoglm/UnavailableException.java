package org.openautoglm;

/** What was asked for is not on this machine: the native library for its platform, a device, a driver, a plugin. The message says why. */
public class UnavailableException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public UnavailableException(String message) {
        super(message);
    }

    /**
     * With a message and a cause.
     *
     * @param message what is wrong and what to do about it
     * @param cause what was thrown underneath
     */
    public UnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
