package org.openautoglm.internal;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.util.Platform;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import org.openautoglm.UnavailableException;
import org.openautoglm.unpacking.CacheFolders;
import org.openautoglm.unpacking.ElfFile;
import org.openautoglm.unpacking.Listing;
import org.openautoglm.unpacking.Unpacker;

/**
 * Loads the native library of the tokenizers, once, without a network and beside other copies of this SDK. It is unpacked as our own library is, because
 * the tokenizers' own loader would load what is in its cache without looking at it.
 */
final class TokenizerLibrary {
    /** A system property, set once a class loader of this JVM uses the library's usual file; as an interned string also the JVM-wide lock. */
    private static final String TAKEN = "org.openautoglm.tokenizers.loaded";
    private static final String OVERRIDE = "RUST_LIBRARY_PATH"; // the library's own switch, variable or property

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

    /** A problem in words, with what is behind it. */
    static String text(Throwable problem) {
        if (problem instanceof IOException && problem.getMessage() != null) {
            return problem.getMessage();
        }
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == problem ? root.toString() : problem.getMessage() + ": " + CacheFolders.reason(root);
    }

    private static Throwable load() {
        // Without the first it reports usage to a server, without the second it looks for a GPU and may download. Its own offline
        // switch would also switch off downloads that the host program wants.
        setUnlessSet("OPT_OUT_TRACKING", "true");
        setUnlessSet("RUST_FLAVOR", "cpu");
        // It finds its files through the thread's class loader, which in a container need not see them.
        Thread thread = Thread.currentThread();
        ClassLoader context = thread.getContextClassLoader();
        thread.setContextClassLoader(LibUtils.class.getClassLoader());
        try {
            if (System.getenv(OVERRIDE) != null || System.getProperty(OVERRIDE) != null) {
                LibUtils.checkStatus();
            } else {
                // Our own library comes first: it finds out in which folder code may be run, and LibUtils tries no second time.
                NativeLibrary.unavailabilityCause();
                synchronized (TAKEN) {
                    loadUnpacked();
                }
            }
            return null;
        } catch (IOException | RuntimeException | LinkageError cause) {
            return cause;
        } finally {
            thread.setContextClassLoader(context);
        }
    }

    private static void loadUnpacked() throws IOException {
        String name = System.mapLibraryName("tokenizers");
        String platform = Platform.detectPlatform("tokenizers").getClassifier();
        String resource = "native/lib/" + platform + "/cpu/" + name;
        URL origin = LibUtils.class.getClassLoader().getResource(resource);
        if (origin == null) {
            LibUtils.checkStatus(); // it knows other places
            return;
        }
        Listing listing = new Listing(List.of(Unpacker.describe(origin, name)));
        // A JVM binds a library file to one class loader, so the second application of a server needs a file of its own.
        boolean first = System.getProperty(TAKEN) == null;
        Place place = CacheFolders.first(name, cache -> {
            if (!first || CacheFolders.isTemporary(cache)) {
                return new Place(Unpacker.unpackCopy(listing, path -> origin, cache), false);
            }
            Path folder = cache.resolve("lib").resolve("tokenizers-" + platform + "-" + listing.fingerprint());
            Unpacker.unpack(listing, path -> origin, folder);
            return new Place(folder, true);
        });
        Path file = place.folder().resolve(name);
        try {
            ElfFile.requireComplete(file);
            System.setProperty(TAKEN, "true");
            System.setProperty(OVERRIDE, file.toString());
            LibUtils.checkStatus();
        } finally {
            System.clearProperty(OVERRIDE);
            if (!place.kept()) {
                Unpacker.discard(place.folder());
            }
        }
    }

    /** Where the library was unpacked to, and whether it stays there. */
    private record Place(Path folder, boolean kept) { }

    private static void setUnlessSet(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
