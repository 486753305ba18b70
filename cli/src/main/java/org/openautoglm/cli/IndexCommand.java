package org.openautoglm.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.VectorStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "index", sortOptions = false, customSynopsis = "autoglm index [--model DIR] --images-from DIR -o FILE [OPTIONS]",
         header = "Makes an index of pictures that search looks in.",
         description = {"", "Embeds all JPEG and PNG files of a folder and its subfolders, and writes their vectors to one file. While it runs, each batch is kept in",
                        "FILE.partial: when it is broken off, by Ctrl-C, a crash or a power failure, the same command goes on where it stopped. When FILE is",
                        "there already, pictures that it does not have are added; those that it has are not read again. Bad pictures are reported and left out.", ""},
         footer = {"", "Example:", "  autoglm index --model clip-vit-base-patch32 --images-from photos -o photos.index"})
final class IndexCommand implements Callable<Integer> {
    /** What a run that is not finished has done. */
    static final String PARTIAL = ".partial";

    @ParentCommand private Main main;
    @Mixin private ModelOptions modelOptions;

    @Option(names = "--images-from", required = true, paramLabel = "DIR",
            description = "All JPEG and PNG files of a folder and its subfolders; hidden ones are left out.")
    private String imagesFrom;

    @Option(names = "-o", required = true, paramLabel = "FILE", description = "The index: made, or added to.")
    private String outputFile;

    @Option(names = "--rows", paramLabel = "TYPE", converter = ModelOptions.RowTypeConverter.class,
            description = "How a vector is stored: fp32, bf16 (half the size) or int8 (a quarter). Default: fp32, or as the index is.")
    private VectorStore.RowType rowType;

    @Option(names = "--fail-fast", description = "Stop at the first bad picture.")
    private boolean failFast;

    @Override public Integer call() throws IOException {
        Console console = main.console();
        Map<String, Path> pictures = new LinkedHashMap<>(); // by id, the absolute path: the same from every folder
        for (Path picture : Inputs.pictures(null, imagesFrom)) {
            pictures.putIfAbsent(picture.toAbsolutePath().normalize().toString(), picture);
        }
        if (pictures.isEmpty()) {
            throw CommandFailure.wrongInput("--images-from " + imagesFrom + " has no .jpg or .png file");
        }
        Path file = Inputs.path("-o", outputFile);
        if (Files.isDirectory(file)) {
            throw CommandFailure.wrongInput(outputFile + " is a folder; -o takes a file");
        }
        try (OpenAutoGlm model = modelOptions.load(console); VectorStore finished = Files.exists(file) ? VectorStore.open(file, model) : null) {
            if (finished != null && rowType != null && finished.rowType() != rowType) {
                throw CommandFailure.wrongInput(outputFile + " has " + finished.rowType().name().toLowerCase(Locale.ROOT) + " rows: leave --rows out, or give another file");
            }
            return index(model, finished, pictures, file);
        }
    }

    private int index(OpenAutoGlm model, VectorStore finished, Map<String, Path> pictures, Path file) throws IOException {
        VectorStore.RowType type = finished != null ? finished.rowType() : rowType != null ? rowType : VectorStore.RowType.FP32;
        Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
        int bad = 0;
        int done;
        long rows;
        try (VectorStore journal = VectorStore.builder(model).rowType(type).journal(partial)) {
            List<String> missing = new ArrayList<>();
            for (String id : pictures.keySet()) {
                if (journal.rowOf(id) < 0 && (finished == null || finished.rowOf(id) < 0)) {
                    missing.add(id);
                }
            }
            done = pictures.size() - missing.size();
            bad = add(model, journal, missing, pictures);
            if (finished == null) {
                if (journal.size() > 0) {
                    journal.save(file);
                }
                rows = journal.size();
            } else {
                if (finished.appendMissing(journal) > 0) {
                    finished.save(file);
                }
                rows = finished.size();
            }
            Files.delete(partial); // all of it is in the index
        }
        try (Output out = Output.standard(main.console(), main.console().charset())) {
            out.write(pictures.size() - done - bad + " pictures added" + (done > 0 ? ", " + done + " were there" : "") + (bad > 0 ? ", " + bad + " are bad" : "") + ": "
                + (rows > 0 ? outputFile + " has " + rows : "no index is written") + "\n");
            out.commit();
        }
        return EncodedPictures.exitCode(pictures.size(), bad);
    }

    /** Embeds pictures batch by batch into the journal; returns how many are bad. */
    private int add(OpenAutoGlm model, VectorStore journal, List<String> ids, Map<String, Path> pictures) {
        int bad = 0;
        try (ProgressReport progress = new ProgressReport(main.console(), "index", ids.size(), true)) {
            for (int begin = 0; begin < ids.size(); begin += EncodedPictures.BATCH) {
                List<String> batch = ids.subList(begin, Math.min(ids.size(), begin + EncodedPictures.BATCH));
                EncodedPictures encoded = EncodedPictures.encode(model, batch.stream().map(pictures::get).toList(), failFast, progress.console(), main.verbose());
                List<String> good = new ArrayList<>();
                for (int i = 0; i < batch.size(); i++) {
                    if (!encoded.failures().containsKey(i)) {
                        good.add(batch.get(i));
                    }
                }
                journal.append(good, encoded.features());
                bad += encoded.failures().size();
                progress.advance(batch.size());
            }
        }
        return bad;
    }
}
