package org.openautoglm.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openautoglm.Device;
import org.openautoglm.Features;
import org.openautoglm.LoadOptions;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;

/** Real weights: all-MiniLM-L6-v2, a thousand sentences of many scripts and lengths, against ONNX Runtime on the file that the folder was made of. */
class MiniLmTest {
    private static final int SENTENCES = 1000;
    private static final double COSINE = 0.99999;
    /** Ranges of code points; the last ones are emoji. */
    private static final int[][] SCRIPTS = {{'a', 'z'}, {'A', 'Z'}, {0xe0, 0xff}, {0x3b1, 0x3c9}, {0x430, 0x44f}, {0x5d0, 0x5ea}, {0x627, 0x64a}, {0x905, 0x939}, {0xe01, 0xe2e},
        {0x3042, 0x3093}, {0x4e00, 0x4eff}, {0xac00, 0xac7f}, {'0', '9'}, {0x1f600, 0x1f64f}};

    @Test
    void equalsOnnxRuntime(@TempDir Path folder) throws IOException, OrtException {
        MiniLm.write(folder);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        environment.setTelemetry(false);
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(folder, LoadOptions.builder().device(Device.HOST).precision(Precision.FP32).build());
             OrtSession session = environment.createSession(MiniLm.onnx())) {
            assertEquals("mean of the tokens, length 1", model.info().embedding());
            assertEquals(384, model.info().embeddingSize());
            List<String> texts = sentences();
            Features ours = model.encodeTexts(texts);
            Map<Integer, List<Integer>> byLength = new TreeMap<>(); // those of one length run together, without padding
            int[][] ids = new int[texts.size()][];
            for (int i = 0; i < texts.size(); i++) {
                ids[i] = model.tokenize(texts.get(i));
                byLength.computeIfAbsent(ids[i].length, length -> new ArrayList<>()).add(i);
            }
            assertTrue(byLength.size() > 60 && byLength.containsKey(2) && byLength.containsKey(512), () -> "lengths " + byLength.keySet());
            double lowest = 1;
            for (List<Integer> group : byLength.values()) {
                long[][] batch = new long[group.size()][];
                for (int k = 0; k < batch.length; k++) {
                    batch[k] = java.util.Arrays.stream(ids[group.get(k)]).asLongStream().toArray();
                }
                float[][][] hidden = run(environment, session, batch);
                for (int k = 0; k < batch.length; k++) {
                    double cosine = cosine(mean(hidden[k]), ours.vector(group.get(k)));
                    assertTrue(cosine >= COSINE, texts.get(group.get(k)) + ": cosine " + cosine); // also false for NaN
                    lowest = Math.min(lowest, cosine);
                }
            }
            // Another sentence's vector is far: the comparison can fail.
            assertTrue(cosine(ours.vector(5).clone(), ours.vector(6)) < 0.99);
            System.out.println("MiniLM: lowest cosine of " + texts.size() + " sentences " + lowest);
        }
    }

    private static float[][][] run(OrtEnvironment environment, OrtSession session, long[][] ids) throws OrtException {
        long[][] ones = new long[ids.length][ids[0].length];
        for (long[] row : ones) {
            java.util.Arrays.fill(row, 1);
        }
        try (OnnxTensor input = OnnxTensor.createTensor(environment, ids);
             OnnxTensor mask = OnnxTensor.createTensor(environment, ones);
             OnnxTensor types = OnnxTensor.createTensor(environment, new long[ids.length][ids[0].length]);
             OrtSession.Result result = session.run(Map.of("input_ids", input, "attention_mask", mask, "token_type_ids", types))) {
            return (float[][][]) result.get(0).getValue(); // [texts, tokens, width]
        }
    }

    private static float[] mean(float[][] tokens) {
        double[] sum = new double[tokens[0].length];
        for (float[] token : tokens) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += token[i];
            }
        }
        float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sum[i] / tokens.length);
        }
        return mean;
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }

    /** Ordinary ones, and words of every script, from none to more than the model takes. */
    private static List<String> sentences() {
        Set<String> all = new LinkedHashSet<>(Sentences.make(SENTENCES / 2));
        all.add("");
        all.add("the cat sat on the mat. ".repeat(200));
        Random random = new Random(20260402);
        while (all.size() < SENTENCES) {
            StringBuilder text = new StringBuilder();
            int[] script = SCRIPTS[random.nextInt(SCRIPTS.length)];
            for (int words = 1 + random.nextInt(20); words > 0; words--) {
                int[] range = random.nextInt(5) == 0 ? SCRIPTS[random.nextInt(SCRIPTS.length)] : script;
                for (int letters = 1 + random.nextInt(6); letters > 0; letters--) {
                    text.appendCodePoint(range[0] + random.nextInt(range[1] - range[0] + 1));
                }
                text.append(random.nextInt(8) == 0 ? ", " : " ");
            }
            all.add(text.toString());
        }
        return new ArrayList<>(all);
    }
}
