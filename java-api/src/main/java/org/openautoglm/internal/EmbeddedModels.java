package org.openautoglm.internal;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.openautoglm.ModelException;
import org.openautoglm.UnavailableException;
import org.openautoglm.unpacking.CacheFolders;
import org.openautoglm.unpacking.DamagedException;
import org.openautoglm.unpacking.Listing;
import org.openautoglm.unpacking.Unpacker;

/**
 * Models that travel inside jars, by name. A jar carries model {@code NAME} as the resources {@code META-INF/openautoglm/models/NAME/…}, with a
 * list {@code files} beside them, one line {@code SIZE CHECKSUM PATH} per file, as {@link Listing} describes it and its main method writes it. Since the
 * native side reads folders, a model is unpacked once into a cache folder, see {@link CacheFolders}; what is there is compared with the
 * list at each load.
 */
public final class EmbeddedModels {
    private static final String ROOT = "META-INF/openautoglm/models/";
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]*");

    private EmbeddedModels() { }

    /**
     * The folder of an embedded model, unpacked if it was not.
     *
     * @return empty when no jar on the class path carries a model of this name
     * @throws ModelException when the model is damaged in its jar
     * @throws UnavailableException when it cannot be unpacked
     */
    public static Optional<Path> folder(String name) {
        URL list = NAME.matcher(name).matches() ? find(name, Listing.NAME) : null;
        if (list == null) {
            return Optional.empty();
        }
        try {
            Listing listing = Listing.read(list);
            return Optional.of(CacheFolders.first("the embedded model " + name, cache -> {
                Path folder = cache.resolve("models").resolve(name + "-" + listing.fingerprint());
                Unpacker.unpack(listing, path -> find(name, path), folder);
                if (CacheFolders.isTemporary(cache)) {
                    deleteAtExit(folder, listing);
                }
                return folder;
            }));
        } catch (DamagedException cause) {
            throw new ModelException("the embedded model " + name + " cannot be unpacked: " + cause.getMessage(), cause);
        } catch (IOException cause) {
            throw new UnavailableException(cause.getMessage(), cause);
        }
    }

    private static URL find(String name, String path) {
        URL url = EmbeddedModels.class.getClassLoader().getResource(ROOT + name + "/" + path);
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return url != null || context == null ? url : context.getResource(ROOT + name + "/" + path);
    }

    /** In the reverse of this order: files first. */
    private static void deleteAtExit(Path folder, Listing listing) {
        folder.getParent().toFile().deleteOnExit();
        folder.toFile().deleteOnExit();
        for (Listing.Entry entry : listing.entries()) {
            Path file = folder.resolve(entry.path());
            for (Path parent = file.getParent(); !parent.equals(folder); parent = parent.getParent()) {
                parent.toFile().deleteOnExit();
            }
            file.toFile().deleteOnExit();
        }
    }
}
