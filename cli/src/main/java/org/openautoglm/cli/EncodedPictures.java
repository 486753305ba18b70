package org.openautoglm.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.openautoglm.BatchException;
import org.openautoglm.Features;
import org.openautoglm.ImageInput;
import org.openautoglm.OpenAutoGlm;
import org.openautoglm.OpenAutoGlmException;

/**
 * What became of a batch of pictures: the bad ones do not spoil the others.
 *
 * @param features of the good ones, in order; possibly of size 0
 * @param failures of the bad ones, by index in the batch
 */
record EncodedPictures(Features features, SortedMap<Integer, OpenAutoGlmException> failures) {
    /** Pictures per batch: enough to keep the machine busy, few enough for steady progress. */
    static final int BATCH = 32;

    /**
     * Encodes a batch and reports the bad pictures on standard error.
     *
     * @param failFast whether a bad picture ends the command
     */
    static EncodedPictures encode(OpenAutoGlm model, List<Path> pictures, boolean failFast, Console console, boolean verbose) {
        try {
            return new EncodedPictures(model.encodeImages(pictures.stream().map(ImageInput::of).toList()), new TreeMap<>());
        } catch (BatchException bad) {
            OpenAutoGlmException first = bad.failures().get(bad.failures().firstKey());
            if (failFast) {
                throw CommandFailure.wrongInput(first.getMessage(), first);
            }
            bad.failures().values().forEach(failure -> Problems.print(console.err(), failure, verbose));
            return new EncodedPictures(bad.finished(), bad.failures());
        }
    }

    /** The exit code of a command that had bad pictures: nothing usable is wrong input, something missing is a failure. */
    static int exitCode(int pictures, int bad) {
        return bad == 0 ? 0 : bad == pictures ? CommandFailure.WRONG_INPUT : CommandFailure.FAILED;
    }
}
