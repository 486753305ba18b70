package org.openautoglm.cli;

/** Ends a command with an exit code and a message for the user. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Not all that was asked for could be done. */
    static final int FAILED = 1;
    /** The command line or its input is wrong. */
    static final int WRONG_INPUT = 2;

    private final int exitCode;

    CommandFailure(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    static CommandFailure wrongInput(String message) {
        return new CommandFailure(WRONG_INPUT, message, null);
    }

    static CommandFailure wrongInput(String message, Throwable cause) {
        return new CommandFailure(WRONG_INPUT, message, cause);
    }

    int exitCode() {
        return exitCode;
    }
}
