package org.openautoglm;

import java.util.Locale;
import org.openautoglm.internal.Diagnostics;
import org.openautoglm.internal.NativeLibrary;

/** Where a model computes. */
public enum Device { // in the order of oag_device
    /** The best device that is there; falls back to the host. {@link Backend#reason()} tells what was chosen and why. */
    AUTO,
    /** The CPU. */
    HOST,
    /** An NVIDIA GPU, through the SDK's own kernels. Never falls back. */
    CUDA,
    /** An NVIDIA GPU, through TensorRT. Never falls back. */
    TENSORRT;

    /**
     * Whether a model can be loaded for this device on this machine. The first call looks (it loads the native library); the answer is kept.
     *
     * @return true when {@link #unavailabilityCause()} is null
     */
    public boolean isAvailable() {
        return unavailabilityCause() == null;
    }

    /**
     * Why a model cannot be loaded for this device.
     *
     * @return null when it can
     */
    public Throwable unavailabilityCause() {
        Throwable library = NativeLibrary.unavailabilityCause();
        if (library != null) {
            return library;
        }
        String reason = switch (this) {
            case HOST -> null; // there with the library
            case AUTO -> Diagnostics.reasonAgainstDefaults();
            case CUDA, TENSORRT -> Diagnostics.reasonAgainstDevice(name().toLowerCase(Locale.ROOT));
        };
        return reason == null ? null : new UnavailableException(reason);
    }

    /**
     * Insists on this device.
     *
     * @throws UnavailableException with the reason, when it is not there
     */
    public void ensureAvailability() {
        NativeLibrary.ensureLoaded();
        if (unavailabilityCause() instanceof UnavailableException cause) {
            throw new UnavailableException(cause.getMessage(), cause);
        }
    }
}
