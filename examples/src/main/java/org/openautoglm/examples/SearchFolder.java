package org.openautoglm.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;

/** Finds the pictures of a folder that fit a sentence best: {@code SearchFolder MODEL_FOLDER PICTURE_FOLDER SENTENCE}. */
public final class SearchFolder {
    private static final int SHOWN = 5;

    private SearchFolder() { }

    /**
     * Runs the example.
     *
     * @param arguments as above
     * @throws IOException when the folder cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("usage: SearchFolder MODEL_FOLDER PICTURE_FOLDER SENTENCE");
            System.exit(2);
        }
        List<Path> pictures;
        try (Stream<Path> files = Files.list(Path.of(arguments[1]))) {
            pictures = files.filter(file -> file.toString().toLowerCase().matches(".*\\.(jpe?g|png|webp)")).sorted().toList();
        }
        ExecutorService executor = Executors.newSingleThreadExecutor(); // futures run on the executor they are given, nowhere else
        try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(Path.of(arguments[0]))) {
            CompletableFuture<Features> images = model.encodeImagesAsync(pictures.stream().map(ImageInput::of).toList(), executor);
            float[] query = model.encodeTexts(arguments[2]).normalized().vector(0);

            Features index = images.join().normalized(); // of length 1, so that a dot product is a cosine
            double[] cosines = IntStream.range(0, pictures.size()).mapToDouble(i -> dot(index.vector(i), query)).toArray();
            IntStream.range(0, pictures.size()).boxed().sorted(Comparator.comparingDouble(i -> -cosines[i])).limit(SHOWN)
                .forEach(i -> System.out.printf("%.4f  %s%n", cosines[i], pictures.get(i)));
        } finally {
            executor.shutdown();
        }
    }

    private static double dot(float[] a, float[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
    }
}
