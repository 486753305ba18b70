package org.openautoglm.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.openautoglm.Features;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.VectorStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "search", sortOptions = false, customSynopsis = "autoglm search [--model DIR] --index FILE (--text TEXT... | --image FILE...) [--top N] [--json]",
         header = "Finds the pictures of an index that go best with a text or a picture.",
         description = {"", "Prints the best pictures, best first, with their cosines. The search is exact: every vector of the index is compared.", ""},
         footer = {"", "Example:", "  autoglm search --model clip-vit-base-patch32 --index photos.index --text \"a dog in the snow\" --top 5",
                   "", "With --json, one object:",
                   "  {\"index\":…, \"model\":…, \"queries\":[{\"text\":… or \"image\":…, \"hits\":[{\"id\":…, \"score\":…}]}]}"})
final class SearchCommand implements Callable<Integer> {
    @ParentCommand private Main main;
    @Mixin private ModelOptions modelOptions;

    @Option(names = "--index", required = true, paramLabel = "FILE", description = "What the index command made.")
    private String index;

    @Option(names = "--text", arity = "1..*", paramLabel = "TEXT", description = "Texts to find pictures for.")
    private List<String> texts;

    @Option(names = "--image", arity = "1..*", paramLabel = "FILE", description = "Pictures to find similar ones for: JPEG or PNG files.")
    private List<String> images;

    @Option(names = "--top", paramLabel = "N", description = "How many to find. Default: 10.")
    private int top = 10;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override public Integer call() {
        Console console = main.console();
        if (texts == null && images == null) {
            throw CommandFailure.wrongInput("nothing to search for; use --text or --image");
        }
        if (texts != null && images != null) {
            throw CommandFailure.wrongInput("both --text and --image are given; search for one of them at a time");
        }
        if (top < 1) {
            throw CommandFailure.wrongInput("--top is " + top + ", but must be at least 1");
        }
        Path file = Inputs.path("--index", index);
        if (!Files.exists(file)) {
            boolean begun = Files.exists(file.resolveSibling(file.getFileName() + IndexCommand.PARTIAL));
            throw CommandFailure.wrongInput(begun ? "--index " + index + " is not finished: run the index command again, which goes on where it stopped"
                : "--index " + index + ": there is no such index; the index command makes one");
        }
        List<String> sentences = Inputs.texts(texts, null, console.in());
        List<Path> pictures = Inputs.pictures(images, null);
        try (OpenAutoGlm model = modelOptions.load(console); VectorStore store = VectorStore.open(file, model)) {
            Features queries = texts != null ? model.encodeTexts(sentences) : EncodedPictures.encode(model, pictures, true, console, main.verbose()).features();
            List<String> names = texts != null ? sentences : pictures.stream().map(Path::toString).toList();
            List<List<VectorStore.Hit>> found = store.search(queries, top);
            if (json) {
                writeJson(names, found);
            } else {
                writeTable(names, found);
            }
            return 0;
        }
    }

    private void writeTable(List<String> names, List<List<VectorStore.Hit>> found) {
        try (Output out = Output.standard(main.console(), main.console().charset())) {
            for (int i = 0; i < names.size(); i++) {
                if (names.size() > 1) {
                    out.write((i == 0 ? "" : "\n") + Problems.oneLine(names.get(i)) + "\n");
                }
                for (VectorStore.Hit hit : found.get(i)) {
                    out.write(String.format(Locale.ROOT, "%7.4f  %s%n", hit.score(), Problems.oneLine(hit.id())));
                }
            }
            out.commit();
        }
    }

    private void writeJson(List<String> names, List<List<VectorStore.Hit>> found) {
        try (Output out = Output.standard(main.console(), StandardCharsets.UTF_8)) {
            JsonWriter writer = new JsonWriter(out);
            writer.beginObject().name("index").value(index).name("model").value(modelOptions.name()).name("queries").beginArray();
            for (int i = 0; i < names.size(); i++) {
                writer.beginObject().name(texts != null ? "text" : "image").value(names.get(i)).name("hits").beginArray();
                for (VectorStore.Hit hit : found.get(i)) {
                    writer.beginObject().name("id").value(hit.id()).name("score").value(hit.score()).endObject();
                }
                writer.endArray().endObject();
            }
            writer.endArray().endObject();
            out.write("\n");
            out.commit();
        } catch (IOException never) {
            throw new IllegalStateException(never); // Output has its own exception
        }
    }
}
