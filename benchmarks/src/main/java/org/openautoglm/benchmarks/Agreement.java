package org.openautoglm.benchmarks;

/** Whether two sides computed the same embeddings. A case whose sides do not agree has no time worth knowing. */
final class Agreement {
    /** The least cosine of an embedding of ours in fp32 with the peer's. */
    static final double LEAST_COSINE = 0.9999;

    private Agreement() { }

    /**
     * The least cosine that counts as agreement: a reduced precision may be off by what the library itself would refuse it for; an int8 peer is off, too.
     *
     * @param precision of ours, as in a row
     */
    static double leastCosine(String precision) {
        return switch (precision) {
            case "bf16" -> 0.999;
            case "int8" -> 0.98;
            default -> LEAST_COSINE;
        };
    }

    /**
     * Compares row by row.
     *
     * @param ours {@code [items, dimension]}
     * @param peers {@code [items, dimension]}
     * @param leastCosine that counts as agreement
     * @return the lowest cosine, at least {@code leastCosine}
     * @throws Disagreement when sizes differ, a cosine is lower (or is no number), or a row of ours is as near to the peer's next row as to its own,
     *     so that mixed up rows would not be seen
     */
    static double check(float[] ours, float[] peers, int items, double leastCosine) {
        if (ours.length != peers.length || ours.length == 0 || ours.length % items != 0) {
            throw new Disagreement("ours has " + ours.length + " floats and the peer " + peers.length + " for " + items + " items");
        }
        int dimension = ours.length / items;
        double lowest = 1;
        for (int i = 0; i < items; i++) {
            double own = cosine(ours, peers, i, i, dimension);
            if (!(own >= leastCosine)) {
                throw new Disagreement("item " + i + " has cosine " + own + " with the peer's, expected at least " + leastCosine);
            }
            int next = (i + 1) % items;
            if (next != i && !(cosine(ours, peers, i, next, dimension) < own)) {
                throw new Disagreement("item " + i + " is as near to the peer's item " + next
                    + " as to its own: the inputs are too alike to compare");
            }
            lowest = Math.min(lowest, own);
        }
        return lowest;
    }

    /** NaN when a row is zero or has a value that is not finite. */
    private static double cosine(float[] a, float[] b, int rowOfA, int rowOfB, int dimension) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < dimension; i++) {
            double x = a[rowOfA * dimension + i];
            double y = b[rowOfB * dimension + i];
            dot += x * y;
            aa += x * x;
            bb += y * y;
        }
        return dot / Math.sqrt(aa * bb);
    }

    /** Both sides ran, but not to the same results. */
    static final class Disagreement extends RuntimeException {
        private static final long serialVersionUID = 1;

        Disagreement(String message) {
            super(message);
        }
    }
}
