package org.openautoglm.internal;

/** What must be gone once the last model is closed. */
public final class Leftovers {
    private Leftovers() { }

    /** Empty when nothing is left. */
    public static String text() {
        String text = "";
        if (SharedRuntime.living() != 0) {
            text += SharedRuntime.living() + " runtimes live; ";
        }
        if (FramePool.SHARED.idleBytes() != 0) {
            text += FramePool.SHARED.idleBytes() + " bytes of frames are kept; ";
        }
        if (FramePool.SHARED.budgetLeft() != 128L << 20) {
            text += "the budget of frames is at " + FramePool.SHARED.budgetLeft() + "; ";
        }
        return text;
    }

    /** How many times native memory was allocated for calls. */
    public static long framesMade() {
        return FramePool.SHARED.framesMade();
    }
}
