package org.openautoglm.lucene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.junit.jupiter.api.Test;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.Metric;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.Precision;
import org.openautoglm.Similarity;

class LuceneFeaturesTest {
    private static final Path PICTURES = Path.of(System.getProperty("openautoglm.testdata")).resolveSibling("examples").resolve("pictures");

    @Test
    void picturesAreFoundByTheirSentences() throws Exception {
        List<Path> pictures;
        try (Stream<Path> files = Files.list(PICTURES)) {
            pictures = files.sorted().toList();
        }
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained("open-autoglm-demo"); ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            LuceneFeatures field = LuceneFeatures.of("picture", model);
            Features images = model.encodeImages(pictures.stream().map(ImageInput::of).toList());
            try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
                for (int i = 0; i < pictures.size(); i++) {
                    Document document = new Document();
                    document.add(new StringField("name", pictures.get(i).getFileName().toString(), Field.Store.YES));
                    document.add(field.field(i % 2 == 0 ? images : images.normalized(), i));
                    writer.addDocument(document);
                }
            }
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                Features texts = model.encodeTexts(pictures.stream().map(path -> "a " + path.getFileName().toString().replace(".png", "").replace("-", " ")
                    .replace("above ", "above a ").replace("below ", "below a ").replace("left of ", "to the left of a ").replace("right of ", "to the right of a ")).toList());
                float[][] cosines = Similarity.of(Metric.COSINE, texts, images);
                for (int text = 0; text < texts.size(); text++) {
                    ScoreDoc[] hits = searcher.search(field.query(texts, text, 3), 3).scoreDocs;
                    assertEquals(3, hits.length);
                    assertEquals(pictures.get(text).getFileName().toString(), searcher.storedFields().document(hits[0].doc).get("name"));
                    assertEquals((1 + cosines[text][text]) / 2, hits[0].score, 1e-5);
                }
                String other = pictures.get(1).getFileName().toString();
                ScoreDoc[] filtered = searcher.search(field.query(texts, 0, 3, new TermQuery(new Term("name", other))), 3).scoreDocs;
                assertEquals(1, filtered.length);
                assertEquals(other, searcher.storedFields().document(filtered[0].doc).get("name"));
            }
        }
    }

    private static Features random(int rows, String model, Precision precision, long seed) {
        Random random = new Random(seed);
        float[] values = new float[rows * 16];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Features.of(Features.Kind.IMAGE, values, 16, model, precision);
    }

    private static Document document(LuceneFeatures field, Features features, int row) {
        Document document = new Document();
        document.add(new StringField("id", Integer.toString(row), Field.Store.YES));
        document.add(new StringField("half", row % 2 == 0 ? "even" : "odd", Field.Store.NO));
        document.add(field.field(features, row));
        return document;
    }

    private static List<String> ids(IndexSearcher searcher, Query query, int k) throws IOException {
        List<String> ids = new ArrayList<>();
        for (ScoreDoc hit : searcher.search(query, k).scoreDocs) {
            ids.add(searcher.storedFields().document(hit.doc).get("id"));
        }
        return ids;
    }

    /** Over several segments, before and after they are merged. */
    @Test
    void deletedAndUpdatedDocumentsAndThoseOutsideTheFilterAreNotFound() throws Exception {
        LuceneFeatures field = LuceneFeatures.of("picture", "aa", Precision.FP32);
        Features features = random(300, "aa", Precision.FP32, 1);
        Features moved = random(300, "aa", Precision.FP32, 2);
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory();
             IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig().setMergePolicy(NoMergePolicy.INSTANCE))) {
            for (int i = 0; i < 300; i++) {
                writer.addDocument(document(field, features, i));
                if (i % 100 == 99) {
                    writer.commit();
                }
            }
            for (int i = 0; i < 300; i += 3) {
                writer.deleteDocuments(new Term("id", Integer.toString(i)));
            }
            writer.updateDocument(new Term("id", "7"), document(field, moved, 7));
            writer.commit();
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                assertTrue(reader.leaves().size() > 2, reader.toString());
                IndexSearcher searcher = new IndexSearcher(reader);
                for (int i = 0; i < 300; i++) {
                    List<String> ids = ids(searcher, field.query(features, i, 5), 5);
                    assertEquals(5, ids.size());
                    assertEquals(i % 3 != 0 && i != 7, ids.get(0).equals(Integer.toString(i)), () -> ids.toString());
                    assertTrue(ids.stream().noneMatch(id -> Integer.parseInt(id) % 3 == 0), ids::toString);
                    List<String> odd = ids(searcher, field.query(features, i, 5, new TermQuery(new Term("half", "odd"))), 5);
                    assertEquals(5, odd.size());
                    assertTrue(odd.stream().allMatch(id -> Integer.parseInt(id) % 2 == 1), odd::toString);
                }
                assertEquals("7", ids(searcher, field.query(moved, 7, 1), 1).get(0));
                assertEquals(100 * 2, ids(searcher, field.query(features, 0, 1000), 1000).size()); // all that are left
                assertEquals(0, ids(searcher, field.query(features, 0, 5, new TermQuery(new Term("half", "neither"))), 5).size());
            }
        }
    }

    @Test
    void anIndexOfAnotherModelIsRefused() throws Exception {
        LuceneFeatures field = LuceneFeatures.of("picture", "aa", Precision.FP32);
        Features features = random(4, "aa", Precision.FP32, 1);
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
                writer.addDocument(document(field, features, 0));
                writer.commit();
                writer.addDocument(document(field, features, 1));
                writer.forceMerge(1); // what it says of itself outlives a merge
            }
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                assertEquals(2, ids(searcher, field.query(features, 1, 5), 5).size());
                for (Features other : List.of(random(1, "bb", Precision.FP32, 1), random(1, "aa", Precision.INT8, 1))) {
                    KnnFloatVectorQuery query = LuceneFeatures.of("picture", other.modelHash(), other.precision()).query(other, 0, 5);
                    String refused = assertThrows(IllegalArgumentException.class, () -> searcher.search(query, 5)).getMessage();
                    assertTrue(refused.contains("holds vectors of model aa in FP32") && refused.contains("model " + other.modelHash() + " in " + other.precision()), refused);
                    assertNotEquals(query, field.query(features, 0, 5));
                }
                assertEquals(0, ids(searcher, LuceneFeatures.of("other field", "bb", Precision.FP32).query(random(1, "bb", Precision.FP32, 1), 0, 5), 5).size());
                assertEquals(field.query(features, 0, 5), field.query(features, 0, 5));
                assertNotEquals(field.query(features, 0, 5), field.query(features, 1, 5));
            }
        }
    }

    @Test
    void strangersAndZerosAreRefused() {
        LuceneFeatures field = LuceneFeatures.of("picture", "aa", Precision.FP32);
        Features own = Features.of(Features.Kind.IMAGE, new float[] {3, 4, 0, 0}, 2, "aa", Precision.FP32);
        assertEquals(0.8f, field.field(own, 0).vectorValue()[1], 1e-7);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> field.field(own, 1)).getMessage().contains("row 1"));
        assertThrows(IndexOutOfBoundsException.class, () -> field.field(own, 2));
        Features other = Features.of(Features.Kind.IMAGE, new float[] {1, 2}, 2, "bb", Precision.FP32);
        String refused = assertThrows(IllegalArgumentException.class, () -> field.query(other, 0, 1)).getMessage();
        assertTrue(refused.contains("aa") && refused.contains("bb"), refused);
        Features coarse = Features.of(Features.Kind.IMAGE, new float[] {1, 2}, 2, "aa", Precision.INT8);
        assertThrows(IllegalArgumentException.class, () -> field.field(coarse, 0));
        Features infinite = Features.of(Features.Kind.IMAGE, new float[] {1, Float.NaN}, 2, "aa", Precision.FP32);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> field.query(infinite, 0, 1)).getMessage().contains("not finite"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> field.query(own, 0, 0)).getMessage().contains("k is 0"));
    }
}
