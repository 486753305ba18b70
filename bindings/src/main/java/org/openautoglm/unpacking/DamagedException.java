package org.openautoglm.unpacking;

import java.io.IOException;

/** What is in a jar is not what was put there when it was built. No other folder to unpack it to would help. */
public final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
        super(message);
    }

    DamagedException(String message, Throwable cause) {
        super(message, cause);
    }
}
