package org.openautoglm.benchmarks;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.DoubleSupplier;

/**
 * Measures a case: first whether both sides compute the same, then, after warm-up, their times in turn, so that what disturbs the machine disturbs
 * both.
 *
 * @param repetitions timed calls of each side
 * @param warmUpCalls calls of each side before them, the compared ones included
 * @param pauseMillis before each call: the worker threads of the side before keep spinning for a moment, on the CPUs that the next one needs
 * @param peakFlops measures the hardware's peak; asked before and after the repetitions, and the higher answer counts, for noise only lowers it
 */
record SideBySide(int repetitions, int warmUpCalls, long pauseMillis, DoubleSupplier peakFlops) {
    SideBySide {
        if (repetitions < 1 || warmUpCalls < 1) {
            throw new IllegalArgumentException("repetitions and warm-up calls must be at least 1, but are " + repetitions + " and " + warmUpCalls);
        }
    }

    /**
     * What was measured.
     *
     * @param ours times of ours
     * @param peer times of the peer, null without one
     * @param lowestCosine of an item, null without a peer
     * @param peakFlops operations per second
     */
    record Result(Instant date, Timings ours, Timings peer, Double lowestCosine, double peakFlops, int repetitions, int warmUpCalls,
                  double loadBefore, double loadAfter) { }

    /**
     * Measures.
     *
     * @throws Agreement.Disagreement when the two sides do not compute the same: then nothing was timed
     * @throws Exception what a side throws
     */
    Result measure(Case measured) throws Exception {
        Instant date = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        double loadBefore = Machine.load();
        Contender.Call ours = measured.ours().call();
        Contender.Call peer = measured.peer() == null ? null : measured.peer().call();
        Double lowestCosine = null;
        if (peer != null) {
            lowestCosine = Agreement.check(ours.run().clone(), peer.run(), measured.items(), measured.leastCosine());
        }
        for (int call = peer == null ? 0 : 1; call < warmUpCalls; call++) {
            ours.run();
            if (peer != null) {
                peer.run();
            }
        }
        double peak = peakFlops.getAsDouble();
        long[] ourNanos = new long[repetitions];
        long[] peerNanos = new long[peer == null ? 0 : repetitions];
        for (int i = 0; i < repetitions; i++) {
            boolean oursFirst = i % 2 == 0; // neither always follows the other
            if (oursFirst) {
                ourNanos[i] = time(ours);
            }
            if (peer != null) {
                peerNanos[i] = time(peer);
            }
            if (!oursFirst) {
                ourNanos[i] = time(ours);
            }
        }
        peak = Math.max(peak, peakFlops.getAsDouble());
        return new Result(date, Timings.ofNanos(ourNanos), peer == null ? null : Timings.ofNanos(peerNanos), lowestCosine, peak,
            repetitions, warmUpCalls, loadBefore, Machine.load());
    }

    private long time(Contender.Call call) throws Exception {
        Thread.sleep(pauseMillis);
        long start = System.nanoTime();
        call.run();
        return System.nanoTime() - start;
    }
}
