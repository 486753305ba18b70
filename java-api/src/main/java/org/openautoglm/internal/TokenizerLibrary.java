package org.openautoglm.internal;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.util.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openautoglm.UnavailableException;

/**
 * Loads the native library of the tokenizers, once, without a network and beside other copies of this SDK: a JVM binds a library file to one class
 * loader, so the second application of a server needs a file of its own.
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
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root == problem ? root.toString() : problem.getMessage() + ": " + root;
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
            synchronized (TAKEN) {
                boolean own = System.getProperty(TAKEN) != null && System.getenv(OVERRIDE) == null && System.getProperty(OVERRIDE) == null;
                if (own) {
                    loadCopy();
                } else {
                    System.setProperty(TAKEN, "true");
                    LibUtils.checkStatus();
                }
            }
            return null;
        } catch (IOException | RuntimeException | LinkageError cause) {
            return cause;
        } finally {
            thread.setContextClassLoader(context);
        }
    }

    private static void loadCopy() throws IOException {
        String name = System.mapLibraryName("tokenizers");
        String resource = "native/lib/" + Platform.detectPlatform("tokenizers").getClassifier() + "/cpu/" + name;
        Path folder = Files.createTempDirectory("openautoglm-tokenizers");
        Path file = folder.resolve(name);
        try (InputStream content = LibUtils.class.getClassLoader().getResourceAsStream(resource)) {
            if (content == null) {
                throw new IOException(resource + " is not on the class path");
            }
            Files.copy(content, file);
            System.setProperty(OVERRIDE, file.toString());
            LibUtils.checkStatus();
        } finally {
            System.clearProperty(OVERRIDE);
            // Linux keeps a loaded file alive without its name; where it does not, the end of the JVM is early enough.
            if (!file.toFile().delete() || !folder.toFile().delete()) {
                folder.toFile().deleteOnExit();
                file.toFile().deleteOnExit();
            }
        }
    }

    private static void setUnlessSet(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
