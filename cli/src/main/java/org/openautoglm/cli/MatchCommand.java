package org.openautoglm.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.openautoglm.Features;
import org.openautoglm.Logits;
import org.openautoglm.OpenAutoGlm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "match", sortOptions = false,
         customSynopsis = "autoglm match [--model DIR] --image FILE... --text TEXT... [OPTIONS]",
         header = "Tells which sentences go with which pictures.",
         description = {"", "Prints for each picture the texts, best first, with their probabilities: among the given texts (CLIP),",
                        "or each text's own (SigLIP: all may be likely, or none).", ""},
         footer = {"", "Example:", "  autoglm match --model clip-vit-base-patch32 --image cat.jpg dog.png \\",
                   "                --text \"a photo of a cat\" \"a photo of a dog\"",
                   "", "With --json, one object:",
                   "  {\"model\":…, \"backend\":…, \"images\":[…], \"texts\":[…],",
                   "   \"logits\":[[…]], \"probabilities\":[[…]]}",
                   "The entry of a bad picture in \"images\" is {\"input\":…, \"error\":…}, and its rows are null."})
final class MatchCommand implements Callable<Integer> {
    @ParentCommand private Main main;
    @Mixin private ModelOptions modelOptions;

    @Option(names = "--image", required = true, arity = "1..*", paramLabel = "FILE", description = "Pictures: JPEG, PNG or WebP files.")
    private List<String> images;

    @Option(names = "--text", arity = "1..*", paramLabel = "TEXT", description = "Texts to choose from.")
    private List<String> texts;

    @Option(names = "--texts-file", paramLabel = "FILE",
            description = "More texts, one per line in UTF-8; blank lines are skipped; - is standard input.")
    private String textsFile;

    @Option(names = "--top", paramLabel = "N", description = "Show the best N texts only (in the table; JSON has all).")
    private Integer top;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--fail-fast", description = "Stop at the first bad picture.")
    private boolean failFast;

    @Override public Integer call() {
        Console console = main.console();
        List<Path> pictures = Inputs.pictures(images, null);
        List<String> sentences = Inputs.texts(texts, textsFile, console.in());
        if (sentences.isEmpty()) {
            throw CommandFailure.wrongInput(textsFile == null ? "no text is given; use --text or --texts-file"
                : "--texts-file " + textsFile + " has no text");
        }
        if (top != null && top < 1) {
            throw CommandFailure.wrongInput("--top is " + top + ", but must be at least 1");
        }
        try (OpenAutoGlm model = modelOptions.load(console)) {
            SortedMap<Integer, String> errors = new TreeMap<>(); // by picture
            Features features = encode(model, pictures, errors);
            Logits logits = features.size() == 0 ? null : model.forward(features, model.encodeTexts(sentences));
            if (json) {
                writeJson(model, pictures, sentences, logits, errors);
            } else if (logits != null) {
                writeTable(pictures, sentences, logits, errors);
            }
            return EncodedPictures.exitCode(pictures.size(), errors.size());
        }
    }

    /** The good pictures' embeddings; the others' errors. */
    private Features encode(OpenAutoGlm model, List<Path> pictures, SortedMap<Integer, String> errors) {
        List<Features> parts = new ArrayList<>();
        for (int begin = 0; begin < pictures.size(); begin += EncodedPictures.BATCH) {
            List<Path> batch = pictures.subList(begin, Math.min(pictures.size(), begin + EncodedPictures.BATCH));
            EncodedPictures encoded = EncodedPictures.encode(model, batch, failFast, main.console(), main.verbose());
            parts.add(encoded.features());
            int first = begin;
            encoded.failures().forEach((index, failure) -> errors.put(first + index, failure.getMessage()));
        }
        return Features.concat(parts);
    }

    private void writeTable(List<Path> pictures, List<String> sentences, Logits logits, SortedMap<Integer, String> errors) {
        MatchTable table = new MatchTable(main.console());
        try (Output out = Output.standard(main.console(), main.console().charset())) {
            int row = 0;
            for (int i = 0; i < pictures.size(); i++) {
                if (!errors.containsKey(i)) {
                    out.append(row == 0 ? "" : "\n");
                    table.write(out, pictures.get(i).toString(), sentences, logits, row++, top == null ? sentences.size() : top);
                }
            }
            out.commit();
        } catch (IOException never) {
            throw new IllegalStateException(never); // Output has its own exception
        }
    }

    private void writeJson(OpenAutoGlm model, List<Path> pictures, List<String> sentences, Logits logits, SortedMap<Integer, String> errors) {
        try (Output out = Output.standard(main.console(), StandardCharsets.UTF_8)) {
            JsonWriter writer = new JsonWriter(out);
            writer.beginObject().name("model").value(modelOptions.name()).name("backend").value(model.backend().description());
            writer.name("images").beginArray();
            for (int i = 0; i < pictures.size(); i++) {
                String name = pictures.get(i).toString();
                if (errors.containsKey(i)) {
                    writer.beginObject().name("input").value(name).name("error").value(errors.get(i)).endObject();
                } else {
                    writer.value(name);
                }
            }
            writer.endArray().name("texts").beginArray();
            for (String sentence : sentences) {
                writer.value(sentence);
            }
            writer.endArray();
            writeMatrix(writer.name("logits"), pictures.size(), errors, logits == null ? null : logits.toArray());
            writeMatrix(writer.name("probabilities"), pictures.size(), errors, logits == null ? null : logits.probabilities());
            writer.endObject();
            out.write("\n");
            out.commit();
        } catch (IOException never) {
            throw new IllegalStateException(never); // Output has its own exception
        }
    }

    /** @param rows of the good pictures */
    private static void writeMatrix(JsonWriter writer, int pictures, SortedMap<Integer, String> errors, float[][] rows) throws IOException {
        writer.beginArray();
        int row = 0;
        for (int i = 0; i < pictures; i++) {
            if (errors.containsKey(i)) {
                writer.nullValue();
                continue;
            }
            writer.beginArray();
            for (float value : rows[row++]) {
                writer.value(value);
            }
            writer.endArray();
        }
        writer.endArray();
    }
}
