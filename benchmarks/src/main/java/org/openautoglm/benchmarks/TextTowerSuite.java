package org.openautoglm.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * CLIP's text tower over distinct short prompts, beside a peer that pads them to the model's maximum, as exported pipelines do, and to
 * their own length. Ours is given strings and tokenizes them within the measured time; the peer is given ids.
 */
final class TextTowerSuite implements Suite {
    private static final int PROMPTS = 64;
    private static final int TOKENS = 8; // special tokens included: "a photo of a red car" with a large vocabulary

    private final Setup setup;
    private final Tower tower;
    private final List<Case> cases = new ArrayList<>();

    /** Loads both sides and finds the prompts. */
    TextTowerSuite(Setup setup) throws IOException, OrtException {
        this.setup = setup;
        this.tower = Tower.open(setup, "text");
        try {
            ClipOperations operations = ClipOperations.of(setup.folder());
            List<String> prompts = Prompts.withTokens(TOKENS, PROMPTS, tower.ours()::tokenize);
            int[][] ids = prompts.stream().map(tower.ours()::tokenize).toArray(int[][]::new);
            if (tower.peer() == null) {
                add(operations, prompts, ids, 0);
            } else {
                add(operations, prompts, ids, tower.ours().info().maxTextTokens());
                add(operations, prompts, ids, TOKENS);
            }
        } catch (IOException | OrtException | RuntimeException | Error failure) {
            tower.close();
            throw failure;
        }
    }

    private void add(ClipOperations operations, List<String> prompts, int[][] ids, int padded) throws OrtException {
        float[] embeddings = new float[prompts.size() * tower.ours().info().embeddingSize()];
        Contender our = tower.ourSide(() -> {
            tower.ours().encodeTexts(prompts, embeddings);
            return embeddings;
        }, operations.textsByOurs(ids));
        Contender their = tower.peer() == null ? null
            : tower.peerSide(tower.peer().on(paddedIds(ids, padded), ids.length, padded), operations.textsByGraph(ids.length, padded));
        String input = "ours: strings of " + TOKENS + " tokens, tokenizing timed" + (their == null ? "" : "; peer: ids padded to " + padded);
        cases.add(new Case("clip text tower", setup.model(), setup.precisionName(), prompts.size(), "texts", input, our, their));
    }

    /** {@code [texts, length]}: a text's last id is end-of-text, which CLIP's tokenizer also pads with. */
    private static LongBuffer paddedIds(int[][] ids, int length) {
        LongBuffer padded = ByteBuffer.allocateDirect(ids.length * length * Long.BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
        for (int[] text : ids) {
            for (int i = 0; i < length; i++) {
                padded.put(text[Math.min(i, text.length - 1)]);
            }
        }
        return padded.flip();
    }

    @Override public List<Case> cases() {
        return cases;
    }

    @Override public void close() {
        tower.close();
    }
}
