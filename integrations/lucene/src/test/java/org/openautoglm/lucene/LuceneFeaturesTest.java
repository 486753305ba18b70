package org.openautoglm.lucene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
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
    }
}
