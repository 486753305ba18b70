package org.openautoglm.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.openautoglm.Features;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.OpenAutoGlmException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "embed", sortOptions = false,
         customSynopsis = "autoglm embed [--model DIR] [--image FILE...] [--images-from DIR] [--text TEXT...] [OPTIONS]",
         header = "Turns pictures and texts into vectors.",
         description = {"", "Writes one JSON object per line, pictures first, in the order given:",
                        "  {\"kind\":\"image\"|\"text\", \"input\":…, \"embedding\":[…]}",
                        "A bad picture has \"error\" instead of \"embedding\". Vectors have length 1, so that a dot product is a cosine.", ""},
         footer = {"", "Example:", "  autoglm embed --model clip-vit-base-patch32 --images-from photos -o photos.jsonl"})
final class EmbedCommand implements Callable<Integer> {
    private static final int TEXT_BATCH = 128;

    @ParentCommand private Main main;
    @Mixin private ModelOptions modelOptions;

    @Option(names = "--image", arity = "1..*", paramLabel = "FILE", description = "Pictures: JPEG, PNG or WebP files.")
    private List<String> images;

    @Option(names = "--images-from", paramLabel = "DIR",
            description = "All JPEG, PNG and WebP files of a folder and its subfolders, sorted by path; hidden ones are left out.")
    private String imagesFrom;

    @Option(names = "--text", arity = "1..*", paramLabel = "TEXT", description = "Texts.")
    private List<String> texts;

    @Option(names = "--texts-file", paramLabel = "FILE",
            description = "More texts, one per line in UTF-8; blank lines are skipped; - is standard input.")
    private String textsFile;

    @Option(names = "--raw", description = "The vectors as the model projects them, not scaled to length 1.")
    private boolean raw;

    @Option(names = "--json", description = "Write JSON lines. This is the only format, and the default.")
    private boolean json;

    @Option(names = "-o", paramLabel = "FILE", description = "Write to a file, which appears when all is done. Default: standard output.")
    private String outputFile;

    @Option(names = "--fail-fast", description = "Stop at the first bad picture.")
    private boolean failFast;

    @Override public Integer call() {
        Console console = main.console();
        List<Path> pictures = Inputs.pictures(images, imagesFrom);
        List<String> sentences = Inputs.texts(texts, textsFile, console.in());
        if (pictures.isEmpty() && sentences.isEmpty()) {
            throw CommandFailure.wrongInput(imagesFrom != null ? "--images-from " + imagesFrom + " has no .jpg, .png or .webp file"
                : textsFile != null ? "--texts-file " + textsFile + " has no text"
                : "nothing to embed; use --image, --images-from, --text or --texts-file");
        }
        try (Output out = outputFile == null ? Output.standard(console, StandardCharsets.UTF_8) : Output.file(Path.of(outputFile));
             OpenAutoGlm model = modelOptions.load(console);
             ProgressReport progress = new ProgressReport(console, "embed", pictures.size() + sentences.size(), outputFile != null)) {
            int bad = writePictures(model, pictures, out, progress);
            for (int begin = 0; begin < sentences.size(); begin += TEXT_BATCH) {
                List<String> batch = sentences.subList(begin, Math.min(sentences.size(), begin + TEXT_BATCH));
                Features features = scaled(model.encodeTexts(batch));
                for (int i = 0; i < batch.size(); i++) {
                    out.write(line("text", batch.get(i), features.vector(i), null));
                }
                progress.advance(batch.size());
            }
            out.commit();
            return bad == 0 ? 0 : sentences.isEmpty() ? EncodedPictures.exitCode(pictures.size(), bad) : CommandFailure.FAILED;
        }
    }

    /** Returns the number of bad pictures. */
    private int writePictures(OpenAutoGlm model, List<Path> pictures, Output out, ProgressReport progress) {
        int bad = 0;
        for (int begin = 0; begin < pictures.size(); begin += EncodedPictures.BATCH) {
            List<Path> batch = pictures.subList(begin, Math.min(pictures.size(), begin + EncodedPictures.BATCH));
            EncodedPictures encoded = EncodedPictures.encode(model, batch, failFast, progress.console(), main.verbose());
            Features features = scaled(encoded.features());
            int row = 0;
            for (int i = 0; i < batch.size(); i++) {
                OpenAutoGlmException failure = encoded.failures().get(i);
                out.write(line("image", batch.get(i).toString(), failure == null ? features.vector(row++) : null,
                    failure == null ? null : failure.getMessage()));
            }
            bad += encoded.failures().size();
            if (outputFile == null) {
                out.flush(); // a reader at the other end of a pipe gets whole batches
            }
            progress.advance(batch.size());
        }
        return bad;
    }

    private Features scaled(Features features) {
        return raw || features.size() == 0 ? features : features.normalized();
    }

    /** One line; floats in the shortest form that reads back to the same float. */
    private static String line(String kind, String input, float[] embedding, String error) {
        StringWriter text = new StringWriter();
        try {
            JsonWriter writer = new JsonWriter(text);
            writer.beginObject().name("kind").value(kind).name("input").value(input);
            if (error != null) {
                writer.name("error").value(error);
            } else {
                writer.name("embedding").beginArray();
                for (float value : embedding) {
                    writer.value(value);
                }
                writer.endArray();
            }
            writer.endObject();
        } catch (IOException never) {
            throw new IllegalStateException(never); // a StringWriter throws none
        }
        return text.append('\n').toString();
    }
}
