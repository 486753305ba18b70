package org.openautoglm;

/** A picture is missing, unreadable, cannot be decoded, or is over the pixel limit. The message begins with the name of the picture. */
public class ImageException extends OpenAutoGlmException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message.
     *
     * @param message what is wrong and what to do about it
     */
    public ImageException(String message) {
        super(message);
    }

    /**
     * With a message and a cause.
     *
     * @param message what is wrong and what to do about it
     * @param cause what was thrown underneath
     */
    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
