package org.openautoglm.bindings;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.openautoglm.unpacking.CacheFolders;
import org.openautoglm.unpacking.Listing;
import org.openautoglm.unpacking.Unpacker;

/**
 * Loads the native libraries of this platform, once. The static initialiser that JavaCPP generates into {@link Native} says {@code Loader.load()}, and a
 * class of the same package goes before the imported {@code org.bytedeco.javacpp.Loader}. That one would load what is in its cache without looking at
 * it, and its companion Pointer starts a thread that keeps the class loader from ever being collected.
 */
public final class Loader {
    private static final String RESOURCES = "org/openautoglm/bindings/";

    private static boolean loaded; // guarded by the class

    private Loader() { }

    /**
     * Loads the libraries unless that was done.
     *
     * @throws UnsatisfiedLinkError with culprit and remedy, when that is impossible
     */
    public static synchronized void load() {
        if (loaded) {
            return;
        }
        String what = "libopenautoglm for " + platform();
        try {
            Listing listing = listing(what);
            CacheFolders.first(what, cache -> loadFrom(cache, listing));
            loaded = true;
        } catch (IOException cause) {
            throw (UnsatisfiedLinkError) new UnsatisfiedLinkError(cause.getMessage()).initCause(cause);
        }
    }

    /** The platform this JVM runs on, as JavaCPP names it: {@code linux-x86_64}, {@code linux-arm64} … */
    public static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return (system.startsWith("mac") ? "macosx" : system.startsWith("windows") ? "windows" : system.replace(' ', '-')) + "-"
            + switch (processor) {
                case "amd64", "x86-64", "x64" -> "x86_64";
                case "aarch64" -> "arm64";
                default -> processor;
            };
    }

    private static Listing listing(String what) throws IOException {
        URL url = find(Listing.NAME);
        if (url == null) {
            throw new UnsatisfiedLinkError(what + " is not on the class path: add the jar openautoglm-bindings with the classifier " + platform());
        }
        return Listing.read(url);
    }

    /** Through the class loader: on the module path the classifier jar is a module of its own, which {@code Class.getResource} would not look into. */
    private static URL find(String file) {
        String name = RESOURCES + platform() + "/" + file;
        ClassLoader loader = Loader.class.getClassLoader();
        return loader == null ? ClassLoader.getSystemResource(name) : loader.getResource(name);
    }

    private static Path loadFrom(Path cache, Listing listing) throws IOException {
        Path folder = cache.resolve("lib").resolve("openautoglm-" + platform() + "-" + listing.fingerprint());
        if (CacheFolders.isTemporary(cache)) {
            folder = Unpacker.unpackCopy(listing, Loader::find, cache);
        } else {
            Unpacker.unpack(listing, Loader::find, folder);
        }
        try {
            loadUnlessTaken(folder.resolve(System.mapLibraryName("openautoglm")));
            String binding = System.mapLibraryName("jniopenautoglm");
            if (!loadUnlessTaken(folder.resolve(binding))) {
                loadCopy(binding, listing, folder);
            }
        } finally {
            if (CacheFolders.isTemporary(cache)) {
                Unpacker.discard(folder);
            }
        }
        CacheFolders.works(cache);
        return folder;
    }

    /** False when another class loader has it: a JVM binds a library file to one. libopenautoglm itself then serves both, as nothing in it belongs to Java. */
    private static boolean loadUnlessTaken(Path library) {
        try {
            System.load(library.toString());
            return true;
        } catch (UnsatisfiedLinkError cause) {
            if (String.valueOf(cause.getMessage()).contains("already loaded in another classloader")) {
                return false;
            }
            throw cause;
        }
    }

    private static void loadCopy(String library, Listing listing, Path folder) throws IOException {
        Listing alone = new Listing(List.of(listing.entries().stream().filter(entry -> entry.path().equals(library)).findFirst().orElseThrow()));
        Path copy = Unpacker.unpackCopy(alone, Loader::find, folder);
        try {
            System.load(copy.resolve(library).toString());
        } finally {
            Unpacker.discard(copy);
        }
    }
}
