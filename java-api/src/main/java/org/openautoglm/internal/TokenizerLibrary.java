package org.openautoglm.internal;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.openautoglm.UnavailableException;
import org.openautoglm.bindings.Loader;
import org.openautoglm.bindings.Tokenizers;
import org.openautoglm.unpacking.CacheFolders;
import org.openautoglm.unpacking.ElfFile;
import org.openautoglm.unpacking.Listing;
import org.openautoglm.unpacking.Unpacker;

/** Loads the native library of the tokenizers, once: unpacked from DJL's jar as our own library is. */
final class TokenizerLibrary {
    private static final String OVERRIDE = "RUST_LIBRARY_PATH"; // DJL's switch, variable or property: a file, or the folder it is in
    private static final String NAME = System.mapLibraryName("tokenizers");

    private static final Throwable PROBLEM = load();

    private TokenizerLibrary() { }

    /** Why it cannot be used, or null when it can. */
    static Throwable problem() {
        return PROBLEM;
    }

    /** @throws UnavailableException when it cannot be used */
    static void ensureLoaded() {
        if (PROBLEM != null) {
            throw new UnavailableException("the tokenizer library cannot be loaded: " + text(PROBLEM), PROBLEM);
        }
    }

    /** A problem in words. */
    static String text(Throwable problem) {
        return problem.getMessage() != null && (problem instanceof IOException || problem instanceof UnsatisfiedLinkError) ? problem.getMessage()
            : problem.toString();
    }

    private static Throwable load() {
        try {
            Loader.load();
            String override = System.getProperty(OVERRIDE, System.getenv(OVERRIDE));
            if (override != null) {
                Path place = Path.of(override);
                Tokenizers.bind(Files.isDirectory(place) ? place.resolve(NAME) : place);
            } else {
                CacheFolders.first(NAME, cache -> loadFrom(cache, origin()));
            }
            return null;
        } catch (IOException | RuntimeException | LinkageError cause) {
            return cause;
        }
    }

    private static URL origin() throws IOException {
        String platform = Loader.platform().replace("arm64", "aarch64").replace("macosx", "osx").replace("windows", "win"); // as DJL names them
        String resource = "native/lib/" + platform + "/cpu/" + NAME;
        URL origin = TokenizerLibrary.class.getClassLoader().getResource(resource);
        if (origin == null) {
            throw new UnsatisfiedLinkError(resource + " is not on the class path: add the jar ai.djl.huggingface:tokenizers");
        }
        return origin;
    }

    private static Path loadFrom(Path cache, URL origin) throws IOException {
        Listing listing = new Listing(List.of(Unpacker.describe(origin, NAME)));
        Unpacker.Source source = path -> origin;
        Path folder = cache.resolve("lib").resolve("tokenizers-" + listing.fingerprint());
        if (CacheFolders.isTemporary(cache)) {
            folder = Unpacker.unpackCopy(listing, source, cache);
        } else {
            Unpacker.unpack(listing, source, folder);
        }
        try {
            ElfFile.requireComplete(folder.resolve(NAME));
            Tokenizers.bind(folder.resolve(NAME));
            return folder;
        } finally {
            if (CacheFolders.isTemporary(cache)) {
                Unpacker.discard(folder);
            }
        }
    }
}
