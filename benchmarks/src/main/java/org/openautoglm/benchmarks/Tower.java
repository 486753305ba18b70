package org.openautoglm.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import org.openautoglm.OpenAutoGlm;

/** The two sides of one tower, open: ours in the precision that was asked for, and the peer unless ours runs alone. */
final class Tower implements AutoCloseable {
    private final OpenAutoGlm ours;
    private final OnnxModel peer; // null: ours runs alone

    private Tower(OpenAutoGlm ours, OnnxModel peer) {
        this.ours = ours;
        this.peer = peer;
    }

    /**
     * Loads both sides.
     *
     * @param part of the model, as in the ONNX file's name
     */
    static Tower open(Setup setup, String part) throws IOException, OrtException {
        OnnxModel peer = setup.withPeer() ? setup.peer(part) : null;
        try {
            return new Tower(setup.load(setup.precision()), peer);
        } catch (RuntimeException | Error failure) {
            if (peer != null) {
                peer.close();
            }
            throw failure;
        }
    }

    OpenAutoGlm ours() {
        return ours;
    }

    /** The peer, or null. */
    OnnxModel peer() {
        return peer;
    }

    /** Our side of a case. */
    Contender ourSide(Contender.Call call, long operations) {
        return new Contender(Setup.OURS, OpenAutoGlm.version(), ours.backend().description(), call, operations);
    }

    /** The peer's side of a case; there must be a peer. */
    Contender peerSide(Contender.Call call, long operations) {
        return new Contender(OnnxModel.NAME, peer.version(), peer.backend(), call, operations);
    }

    @Override public void close() {
        ours.close();
        if (peer != null) {
            peer.close();
        }
    }
}
