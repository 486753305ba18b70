package org.openautoglm.benchmarks;

import java.util.Objects;

/**
 * One row of the results: the same work done by ours and by a peer. A new kind of row (a precision, a matrix product, a peer that is
 * another process) is another {@link Suite} that makes these.
 *
 * @param name what is computed, such as {@code clip image tower}
 * @param model what it is computed with
 * @param precision of ours, such as {@code fp32}
 * @param items results of one call; the unit of "per second"
 * @param unit what an item is, in the plural
 * @param input what each side is given and which of its work is timed
 * @param ours never null
 * @param peer null when ours runs alone
 * @param leastCosine of an item of ours with the peer's
 * @param memory null where it is not measured
 */
record Case(String name, String model, String precision, int items, String unit, String input, Contender ours, Contender peer, double leastCosine,
            PeakMemory memory) {
    /** Both sides compute from the same values. */
    Case(String name, String model, String precision, int items, String unit, String input, Contender ours, Contender peer) {
        this(name, model, precision, items, unit, input, ours, peer, Agreement.leastCosine(precision));
    }

    /** Memory is not measured. */
    Case(String name, String model, String precision, int items, String unit, String input, Contender ours, Contender peer, double leastCosine) {
        this(name, model, precision, items, unit, input, ours, peer, leastCosine, null);
    }

    Case {
        Objects.requireNonNull(ours, "ours");
        if (items < 1) {
            throw new IllegalArgumentException("items is " + items + ", but must be at least 1");
        }
    }

    /** A line for people. */
    String title() {
        return name + ", " + items + " " + unit + (peer == null ? "" : ", beside " + peer.name() + ": " + input);
    }
}
