package org.openautoglm.benchmarks;

import java.time.Instant;

/** Made-up measurements. */
final class Examples {
    static final Machine MACHINE = new Machine("a CPU", 2, "Linux amd64", "17", "abc1234");

    private Examples() { }

    /** 8 images, 4 GFLOP of ours and 6 of the peer. */
    static Case withPeer(Contender.Call ours, Contender.Call peer) {
        return new Case("a tower", "a model", "fp32", 8, "images", "RGB", new Contender("ours", "0.1", "host", ours, 4_000_000_000L),
            new Contender("peer", "1.2", "CPU", peer, 6_000_000_000L));
    }

    static Case alone(Contender.Call ours) {
        return new Case("a tower", "a model", "fp32", 8, "images", "RGB", new Contender("ours", "0.1", "host", ours, 4_000_000_000L), null);
    }

    /** Ours took 0.1 s at best and the peer 0.2 s; the peak is 100 GFLOP/s. */
    static Row row(String note) {
        return Row.of(withPeer(() -> null, () -> null), result(new Timings(0.2, 0.45)), MACHINE, 2, "benchmarks/run", note);
    }

    /** Ours took 0.1 s; the peak is 100 GFLOP/s. */
    static Row rowAlone() {
        return Row.of(alone(() -> null), result(null), MACHINE, 2, "benchmarks/run", null);
    }

    private static SideBySide.Result result(Timings peer) {
        return new SideBySide.Result(Instant.EPOCH, new Timings(0.1, 0.15), peer, peer == null ? null : 0.99995, 100e9, 5, 2, 0.5, 0.25);
    }
}
