package org.openautoglm.benchmarks;

/**
 * A line of the results. Component names are the JSON keys and CSV columns, in this order; what does not apply is null and left out. Rates,
 * shares of the peak and {@code ratio} are of the minima.
 *
 * @param date of the measurement, ISO 8601 in UTC
 * @param name of the {@link Case}
 * @param model folder name
 * @param precision of ours
 * @param threads of each side
 * @param items results of one call
 * @param unit what an item is
 * @param input what each side is given and which of its work is timed
 * @param ours_min_ms the fastest repetition
 * @param ours_median_ms the median repetition
 * @param peer name
 * @param peer_min_ms the fastest repetition
 * @param peer_median_ms the median repetition
 * @param ratio peer's time / our time: above 1, ours is faster
 * @param ratio_of_medians the same of the medians
 * @param lowest_cosine of an embedding of ours with the peer's
 * @param ours_items_per_second nominal work
 * @param peer_items_per_second nominal work
 * @param peak_gflops the highest measured so far in this run, with the same threads and instruction set, in registers
 * @param ours_gflop operations that one call executes
 * @param ours_percent_of_peak of those operations per second
 * @param peer_gflop operations that one call executes
 * @param peer_percent_of_peak of those operations per second
 * @param ours_peak_memory_mib that a process of its own took beyond a bare JVM, where it was measured
 * @param peer_peak_memory_mib the same of the peer
 * @param repetitions of each side, in turn
 * @param warm_up_calls of each side before
 * @param load_before one-minute load average of the machine: above 0 at a start, others work too
 * @param load_after the same at the end
 * @param ours_backend what ours ran on
 * @param peer_backend what the peer ran on
 * @param cpu model
 * @param cpus this process may use
 * @param os name and architecture
 * @param jdk version and vendor
 * @param ours_version of the native library
 * @param ours_source commit it was built from, with -dirty for a changed tree
 * @param peer_version of the peer
 * @param command that repeats it
 * @param note of the person who measured
 */
record Row(String date, String name, String model, String precision, int threads, int items, String unit, String input,
           double ours_min_ms, double ours_median_ms, String peer, Double peer_min_ms, Double peer_median_ms,
           Double ratio, Double ratio_of_medians, Double lowest_cosine,
           double ours_items_per_second, Double peer_items_per_second,
           double peak_gflops, double ours_gflop, double ours_percent_of_peak, Double peer_gflop, Double peer_percent_of_peak, Double ours_peak_memory_mib, Double peer_peak_memory_mib,
           int repetitions, int warm_up_calls, double load_before, double load_after, String ours_backend, String peer_backend,
           String cpu, int cpus, String os, String jdk, String ours_version, String ours_source, String peer_version,
           String command, String note) {

    /** Joins what was measured with where. */
    static Row of(Case measured, SideBySide.Result result, Machine machine, int threads, String command, String note) {
        Timings ours = result.ours();
        Timings peer = result.peer();
        Contender other = measured.peer();
        double peak = result.peakFlops();
        boolean alone = other == null;
        return new Row(result.date().toString(), measured.name(), measured.model(), measured.precision(), threads,
            measured.items(), measured.unit(), measured.input(),
            milliseconds(ours.minimum()), milliseconds(ours.median()), alone ? null : other.name(),
            alone ? null : milliseconds(peer.minimum()), alone ? null : milliseconds(peer.median()),
            alone ? null : rounded(peer.minimum() / ours.minimum()), alone ? null : rounded(peer.median() / ours.median()),
            result.lowestCosine(),
            rounded(measured.items() / ours.minimum()), alone ? null : rounded(measured.items() / peer.minimum()),
            rounded(peak * 1e-9), rounded(measured.ours().operations() * 1e-9), percent(measured.ours(), ours, peak),
            alone ? null : rounded(other.operations() * 1e-9), alone ? null : percent(other, peer, peak),
            measured.memory() == null ? null : rounded(measured.memory().ours()), measured.memory() == null ? null : rounded(measured.memory().peer()),
            result.repetitions(), result.warmUpCalls(), rounded(result.loadBefore()), rounded(result.loadAfter()),
            measured.ours().backend(), alone ? null : other.backend(),
            machine.cpu(), machine.cpus(), machine.os(), machine.jdk(), measured.ours().version(), machine.source(),
            alone ? null : other.version(), command, note);
    }

    private static double percent(Contender side, Timings timings, double peak) {
        return rounded(100 * side.operations() / timings.minimum() / peak);
    }

    private static double milliseconds(double seconds) {
        return rounded(1e3 * seconds);
    }

    /** Three decimals: times to a microsecond. */
    private static double rounded(double value) {
        return Math.round(value * 1e3) / 1e3;
    }
}
