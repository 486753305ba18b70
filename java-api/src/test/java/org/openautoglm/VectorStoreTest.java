package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(600)
class VectorStoreTest {
    private static final Path MODEL = TestData.ROOT.resolve("models/tiny-clip");

    @TempDir Path folder;

    private static float[] random(int floats, long seed) {
        Random random = new Random(seed);
        float[] values = new float[floats];
        for (int i = 0; i < floats; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static List<String> names(int first, int count) {
        return IntStream.range(first, first + count).mapToObj(i -> "Bild " + i + " 🎉").toList();
    }

    @Test
    void findsWhatASortFinds() {
        float[] rows = random(500 * 24, 1);
        for (VectorStore.RowType type : VectorStore.RowType.values()) {
            try (VectorStore store = VectorStore.builder(24).rowType(type).build()) {
                store.append(names(0, 200), java.util.Arrays.copyOf(rows, 200 * 24));
                store.append(names(200, 300), java.util.Arrays.copyOfRange(rows, 200 * 24, rows.length));
                assertEquals(500, store.size());
                float[] query = random(24, 2);
                List<Integer> best = IntStream.range(0, 500).boxed().sorted(Comparator.comparingDouble((Integer row) -> -cosine(query, rows, row))).toList();
                List<VectorStore.Hit> hits = store.search(query, 10);
                assertEquals(10, hits.size());
                if (type == VectorStore.RowType.FP32) {
                    for (int i = 0; i < 10; i++) {
                        assertEquals(best.get(i).longValue(), hits.get(i).row());
                    }
                }
                for (VectorStore.Hit hit : hits) {
                    assertEquals("Bild " + hit.row() + " 🎉", hit.id());
                    assertEquals(hit.row(), store.rowOf(hit.id()));
                    assertEquals(cosine(query, rows, (int) hit.row()), hit.score(), type == VectorStore.RowType.FP32 ? 1e-6 : 0.01);
                }
                BitSet odd = new BitSet();
                IntStream.range(0, 250).forEach(i -> odd.set(2 * i + 1));
                List<VectorStore.Hit> some = store.search(query, 1000, odd);
                assertEquals(250, some.size());
                assertTrue(some.stream().allMatch(hit -> hit.row() % 2 == 1));
                assertEquals(0, store.search(query, 5, new BitSet()).size());
                assertEquals(-1, store.rowOf("nobody"));
            }
        }
    }

    private static double cosine(float[] query, float[] rows, int row) {
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < query.length; i++) {
            double x = query[i];
            double y = rows[row * query.length + i];
            dot += x * y;
            a += x * x;
            b += y * y;
        }
        return dot / Math.sqrt(a * b);
    }

    @Test
    void numbersAreIdsToo() {
        try (VectorStore store = VectorStore.builder(2).numberIds().metric(Metric.EUCLIDEAN).build()) {
            store.append(new long[] {7, Long.MIN_VALUE, Long.MAX_VALUE}, new float[] {0, 0, 3, 4, 6, 8});
            List<VectorStore.Hit> hits = store.search(new float[] {3, 4}, 5);
            assertEquals(List.of(Long.MIN_VALUE, 7L, Long.MAX_VALUE), hits.stream().map(VectorStore.Hit::number).toList());
            assertEquals(List.of(0f, -5f, -5f), hits.stream().map(VectorStore.Hit::score).toList());
            assertEquals(2, store.rowOf(Long.MAX_VALUE));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> store.rowOf("7")).getMessage().contains("numbers, not texts"));
            assertTrue(assertThrows(IllegalArgumentException.class, () -> store.append(List.of("a"), new float[2])).getMessage().contains("numbers, not texts"));
        }
    }

    @Test
    void aModelsVectorsComeBackFromAFile() {
        Path file = folder.resolve("texts.index");
        List<String> texts = List.of("a cat", "a dog", "a red circle");
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(MODEL)) {
            Features features = model.encodeTexts(texts);
            try (VectorStore store = VectorStore.builder(model).rowType(VectorStore.RowType.BF16).build()) {
                store.append(texts, features);
                store.save(file);
            }
            try (VectorStore store = VectorStore.open(file, model)) {
                assertEquals(VectorStore.RowType.BF16, store.rowType());
                assertEquals(model.info().hash(), store.modelHash());
                List<List<VectorStore.Hit>> hits = store.search(features, 1);
                for (int i = 0; i < texts.size(); i++) {
                    assertEquals(texts.get(i), hits.get(i).get(0).id());
                    assertEquals(1, hits.get(i).get(0).score(), 0.01);
                }
                Features stranger = Features.of(Features.Kind.TEXT, features.toArray(), features.dimension(), "ffff", Precision.FP32);
                Features coarse = Features.of(Features.Kind.TEXT, features.toArray(), features.dimension(), model.info().hash(), Precision.INT8);
                for (Features other : List.of(stranger, coarse)) {
                    String refused = assertThrows(IllegalArgumentException.class, () -> store.search(other, 1)).getMessage();
                    assertTrue(refused.contains(model.info().hash()) && refused.contains(other.modelHash()) && refused.contains("allowOtherModels"), refused);
                    assertThrows(IllegalArgumentException.class, () -> store.append(names(0, 3), other));
                }
                store.allowOtherModels();
                assertEquals(1, store.search(stranger, 1).get(0).size());
                String dimension = assertThrows(IllegalArgumentException.class, () -> store.search(Features.of(Features.Kind.TEXT, new float[2], 2, store.modelHash(), Precision.FP32), 1))
                    .getMessage();
                assertTrue(dimension.contains("[2]") && dimension.contains(Integer.toString(store.dimension())), dimension);
            }
        }
        try (OpenAutoGlm other = OpenAutoGlm.fromPretrained("open-autoglm-demo")) {
            String refused = assertThrows(VectorStoreException.class, () -> VectorStore.open(file, other)).getMessage();
            assertTrue(refused.startsWith(file.toString()) && refused.contains("tiny-clip") && refused.contains("open-autoglm-demo") && refused.contains("dimension"), refused);
        }
    }

    @Test
    void aDamagedFileIsRefusedWithOneError() throws IOException {
        Path file = folder.resolve("small.index");
        try (VectorStore store = VectorStore.builder(3).build()) {
            store.append(names(0, 2), random(6, 1));
            store.save(file);
        }
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 4;
            Files.write(file, damaged);
            assertTrue(assertThrows(VectorStoreException.class, () -> VectorStore.open(file), "byte " + i).getMessage().startsWith(file.toString()));
            Files.write(file, java.util.Arrays.copyOf(whole, i));
            assertTrue(assertThrows(VectorStoreException.class, () -> VectorStore.open(file), "length " + i).getMessage().startsWith(file.toString()));
        }
        Files.write(file, whole);
        VectorStore.open(file).close();
        assertTrue(assertThrows(VectorStoreException.class, () -> VectorStore.open(folder.resolve("none"))).getMessage().contains("cannot be opened"));
        assertTrue(assertThrows(VectorStoreException.class, () -> VectorStore.open(folder)).getMessage().contains("regular file"));
    }

    @Test
    void wrongArgumentsAreNamedAndChangeNothing() {
        try (VectorStore store = VectorStore.builder(2).build()) {
            store.append(List.of("a"), new float[] {1, 2});
            for (String[] part : new String[][] {
                {"2 ids and 2 floats", message(() -> store.append(List.of("b", "c"), new float[2]))},
                {"\"a\"", message(() -> store.append(List.of("b", "a"), new float[4]))},
                {"rows[1] holds NaN", message(() -> store.append(List.of("b", "c"), new float[] {1, 2, Float.NaN, 4}))},
                {"surrogate", message(() -> store.append(List.of("\uD83C"), new float[2]))},
                {"k is 0", message(() -> store.search(new float[2], 0))},
                {"query has 3 floats", message(() -> store.search(new float[3], 1))},
                {"queries[0] holds an infinity", message(() -> store.search(new float[] {1, Float.POSITIVE_INFINITY}, 1))},
                {"itself", message(() -> store.appendMissing(store))},
                {"dimension is 0", message(() -> VectorStore.builder(0).build())},
                {"dimension is 70000", message(() -> VectorStore.builder(70000).build())}}) {
                assertTrue(part[1].contains(part[0]), part[1]);
            }
            assertEquals(1, store.size());
            store.append(List.of(), new float[0]);
            assertThrows(NullPointerException.class, () -> store.append(java.util.Arrays.asList("x", null), new float[4]));
        }
    }

    private static String message(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    @Test
    void closedStoresSaySo() {
        VectorStore store = VectorStore.builder(2).build();
        store.close();
        store.close();
        for (org.junit.jupiter.api.function.Executable call : List.<org.junit.jupiter.api.function.Executable>of(store::size, () -> store.search(new float[2], 1),
            () -> store.append(List.of("a"), new float[2]), () -> store.save(folder.resolve("x")), () -> store.rowOf("a"))) {
            assertTrue(assertThrows(IllegalStateException.class, call).getMessage().contains("closed"));
        }
        assertEquals(2, store.dimension());
    }

    @Test
    void searchesGoOnWhileRowsCome() throws InterruptedException {
        try (VectorStore store = VectorStore.builder(16).numberIds().metric(Metric.DOT).build()) {
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> searchers = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                Thread thread = new Thread(() -> {
                    try {
                        while (store.size() < 300) {
                            long before = store.size();
                            assertTrue(store.search(random(16, 5), 1000).size() >= before);
                        }
                    } catch (Throwable problem) {
                        failure.set(problem);
                    }
                });
                thread.start();
                searchers.add(thread);
            }
            for (long i = 0; i < 300; i++) {
                store.append(new long[] {i}, random(16, i));
            }
            for (Thread thread : searchers) {
                thread.join();
            }
            assertEquals(null, failure.get());
        }
    }

    /** Appends batches to a journal until it is killed. */
    static final class Appender {
        private Appender() { }

        public static void main(String[] arguments) {
            try (VectorStore store = VectorStore.builder(64).journal(Path.of(arguments[0]))) {
                System.out.println("begun");
                for (int first = (int) store.size(); first < 100_000; first += 20) {
                    store.append(names(first, 20), random(20 * 64, first));
                }
            }
        }
    }

    @Test
    void aJournalSurvivesAKillAtAnyMoment() throws Exception {
        Path file = folder.resolve("journal");
        long before = 0;
        for (int kill = 0; kill < 5; kill++) {
            try (ChildJvm child = ChildJvm.start(ChildJvm.command(Appender.class, List.of(), file.toString()), Map.of())) {
                while (!child.output().contains("begun") && child.process().isAlive()) {
                    Thread.sleep(2);
                }
                assertTrue(child.process().isAlive(), child.output());
                Thread.sleep(7L * kill);
                child.process().destroyForcibly().waitFor();
            }
            try (VectorStore store = VectorStore.builder(64).journal(file)) {
                assertEquals(0, store.size() % 20);
                assertTrue(store.size() >= before);
                before = store.size();
                for (int row = 0; row < before; row += 20) {
                    VectorStore.Hit first = store.search(java.util.Arrays.copyOf(random(20 * 64, row), 64), 1).get(0);
                    assertEquals(row, first.row());
                    assertEquals(names(row, 1).get(0), first.id());
                }
            }
        }
        String refused;
        try (VectorStore store = VectorStore.builder(64).journal(file)) {
            refused = assertThrows(VectorStoreException.class, () -> VectorStore.builder(64).journal(file)).getMessage();
            store.save(folder.resolve("index"));
        }
        assertTrue(refused.contains("another process"), refused);
        assertTrue(assertThrows(VectorStoreException.class, () -> VectorStore.open(file)).getMessage().contains("not finished"));
        try (VectorStore saved = VectorStore.open(folder.resolve("index"))) {
            assertEquals(before, saved.size());
        }
    }
}
