package org.openautoglm.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.search.HitQueue;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.util.VectorUtil;
import org.apache.lucene.util.Version;
import org.openautoglm.LoadOptions;
import org.openautoglm.Metric;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.VectorStore;

/**
 * The ten rows that are most like a query, exactly: a {@link VectorStore} beside Lucene's score function ({@link VectorUtil#dotProduct}) and its heap, over vectors of length one that lie on the heap, as an
 * exact search in Java is written. Both score every row, in parts on as many threads.
 */
final class SearchSuite implements Suite {
    private static final int ROWS = 200_000;
    private static final int DIMENSION = 512;
    private static final int BEST = 10;
    private static final int QUERIES = 8;

    private final VectorStore store;
    private final ExecutorService pool;
    private final List<Case> cases;

    /** Draws the vectors: 400 MB on either side. */
    SearchSuite(Setup setup) {
        Random random = new Random(5);
        float[][] rows = new float[ROWS][];
        for (int row = 0; row < ROWS; row++) {
            rows[row] = unitVector(random);
        }
        float[][] queries = new float[QUERIES][];
        for (int query = 0; query < QUERIES; query++) {
            queries[query] = unitVector(random);
        }
        store = VectorStore.builder(DIMENSION).metric(Metric.DOT).rowType(VectorStore.RowType.FP32).numberIds()
            .options(LoadOptions.builder().threads(setup.threads()).build()).build();
        pool = Executors.newFixedThreadPool(setup.threads());
        try {
            for (int row = 0; row < ROWS; row++) {
                store.append(new long[] {row}, rows[row]);
            }
            Contender ours = new Contender(Setup.OURS, OpenAutoGlm.version(), store + ", " + setup.threads() + " threads", () -> {
                float[] found = new float[QUERIES * BEST];
                for (int query = 0; query < QUERIES; query++) {
                    List<VectorStore.Hit> hits = store.search(queries[query], BEST);
                    for (int i = 0; i < BEST; i++) {
                        found[query * BEST + i] = hits.get(i).row();
                    }
                }
                return found;
            }, 2L * QUERIES * ROWS * DIMENSION);
            Contender lucene = new Contender("Lucene's dot product and heap", Version.LATEST.toString(), "Java " + Runtime.version().feature() + ", " + setup.threads() + " threads", () -> {
                float[] found = new float[QUERIES * BEST];
                for (int query = 0; query < QUERIES; query++) {
                    ScoreDoc[] hits = best(rows, queries[query], setup.threads());
                    for (int i = 0; i < BEST; i++) {
                        found[query * BEST + i] = hits[i].doc;
                    }
                }
                return found;
            }, 2L * QUERIES * ROWS * DIMENSION);
            cases = List.of(new Case("exact search", ROWS + " vectors of " + DIMENSION, "fp32", QUERIES, "queries",
                "one query after the other, the " + BEST + " best of all rows", ours, setup.withPeer() ? lucene : null));
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private static float[] unitVector(Random random) {
        float[] vector = new float[DIMENSION];
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return VectorUtil.l2normalize(vector);
    }

    private ScoreDoc[] best(float[][] rows, float[] query, int parts) throws InterruptedException, ExecutionException {
        List<Future<TopDocs>> running = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            int first = (int) ((long) rows.length * part / parts);
            int end = (int) ((long) rows.length * (part + 1) / parts);
            running.add(pool.submit(() -> bestOfPart(rows, query, first, end)));
        }
        TopDocs[] found = new TopDocs[parts];
        for (int part = 0; part < parts; part++) {
            found[part] = running.get(part).get();
        }
        return TopDocs.merge(BEST, found).scoreDocs;
    }

    private static TopDocs bestOfPart(float[][] rows, float[] query, int first, int end) {
        HitQueue queue = new HitQueue(BEST, true);
        ScoreDoc least = queue.top();
        for (int row = first; row < end; row++) {
            float score = VectorUtil.dotProduct(query, rows[row]);
            if (score > least.score) {
                least.doc = row;
                least.score = score;
                least = queue.updateTop();
            }
        }
        ScoreDoc[] hits = new ScoreDoc[queue.size()];
        for (int i = hits.length - 1; i >= 0; i--) {
            hits[i] = queue.pop();
        }
        return new TopDocs(new TotalHits(end - first, TotalHits.Relation.EQUAL_TO), hits);
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        pool.shutdownNow();
        store.close();
    }
}
