package org.openautoglm;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;

/** A picture that runs the caller's code while it is read, that is inside a call of the model. */
final class HookedImage extends BufferedImage {
    private final Runnable hook;

    HookedImage(Runnable hook) {
        super(40, 30, BufferedImage.TYPE_INT_RGB);
        this.hook = hook;
    }

    @Override public WritableRaster getRaster() {
        if (hook != null) { // null while the superclass is constructed
            hook.run();
        }
        return super.getRaster();
    }
}
