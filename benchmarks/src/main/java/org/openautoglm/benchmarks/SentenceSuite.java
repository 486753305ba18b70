package org.openautoglm.benchmarks;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.openautoglm.OpenAutoGlm;

/**
 * Sentences through all-MiniLM-L6-v2, beside LangChain4j's own class for it, which runs the same weights in ONNX Runtime: one text at a time, and a thousand in a call.
 * Both sides are given strings and tokenize them within the measured time. The peer computes in fp32 whatever the precision of ours; the row has the cosine.
 */
final class SentenceSuite implements Suite {
    private static final int ONE_BY_ONE = 100; // calls in a row, as in a service that is used
    private static final int BATCH = 1000;

    private final Setup setup;
    private final ExecutorService threads;
    private final AllMiniLmL6V2EmbeddingModel peer;
    private final OpenAutoGlm ours;
    private final List<Case> cases = new ArrayList<>();

    /** Writes the model folder where it is not there yet, and loads both sides. */
    SentenceSuite(Setup setup) throws IOException {
        this.setup = setup;
        MiniLm.write(setup.folder());
        BertOperations operations = BertOperations.of(setup.folder());
        ours = setup.load(setup.precision());
        threads = Executors.newFixedThreadPool(setup.threads());
        try {
            peer = setup.withPeer() ? new AllMiniLmL6V2EmbeddingModel(threads) : null;
            add(operations, Sentences.make(ONE_BY_ONE), 1);
            add(operations, Sentences.make(BATCH), BATCH);
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private void add(BertOperations operations, List<String> texts, int perCall) {
        int[] tokens = texts.stream().mapToInt(text -> ours.tokenize(text).length).toArray();
        int dimension = ours.info().embeddingSize();
        float[] embeddings = new float[texts.size() * dimension];
        float[] ofCall = new float[perCall * dimension];
        Contender our = new Contender(Setup.OURS, OpenAutoGlm.version(), ours.backend().description(), () -> {
            for (int first = 0; first < texts.size(); first += perCall) {
                ours.encodeTexts(texts.subList(first, first + perCall), ofCall);
                System.arraycopy(ofCall, 0, embeddings, first * dimension, ofCall.length);
            }
            return embeddings;
        }, operations.texts(tokens));
        Contender their = peer == null ? null : new Contender("langchain4j", MiniLm.VERSION, "ONNX Runtime, fp32, " + setup.threads() + " texts at once",
            () -> perCall == 1 ? peersOneByOne(texts, dimension) : peers(texts, dimension), operations.texts(tokens));
        cases.add(new Case("sentences", setup.model(), setup.precisionName(), texts.size(), "texts",
            "strings of " + Arrays.stream(tokens).sum() + " tokens in all, " + (perCall == 1 ? "one by one" : "in one call") + ", tokenizing timed", our, their));
    }

    private float[] peersOneByOne(List<String> texts, int dimension) {
        float[] rows = new float[texts.size() * dimension];
        for (int i = 0; i < texts.size(); i++) {
            System.arraycopy(peer.embed(texts.get(i)).content().vector(), 0, rows, i * dimension, dimension);
        }
        return rows;
    }

    private float[] peers(List<String> texts, int dimension) {
        List<Embedding> embeddings = peer.embedAll(texts.stream().map(TextSegment::from).toList()).content();
        float[] rows = new float[embeddings.size() * dimension];
        for (int i = 0; i < embeddings.size(); i++) {
            System.arraycopy(embeddings.get(i).vector(), 0, rows, i * dimension, dimension);
        }
        return rows;
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        ours.close();
        threads.shutdown();
    }
}
