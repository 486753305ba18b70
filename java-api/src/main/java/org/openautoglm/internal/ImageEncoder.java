package org.openautoglm.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.openautoglm.ImageException;
import org.openautoglm.OpenAutoGlmException;
import org.openautoglm.bindings.Native;

/**
 * Feeds pictures to the native side in chunks, so that a list of any length holds a bounded number of files in memory. An embedding depends
 * on its picture alone, so the chunks do not show in the results.
 */
public final class ImageEncoder {
    private static final int CHUNK_PICTURES = 64;
    private static final long CHUNK_BYTES = 32L << 20;
    /** A frame ends at 2 GiB; what else it holds for one picture is far below the rest. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - (1L << 20);

    private final NativeModel model;
    private final Encoding encoding;
    private final List<Picture.Named> pictures;
    private final int floats; // of a picture's result
    private final FloatBuffer target;
    private final SortedMap<Integer, OpenAutoGlmException> failures = new TreeMap<>();

    /** A native function over pictures. */
    private interface Encoding {
        int call(long model, long images, long count, long out, long capacity, long items, long error, long errorCapacity);
    }

    /** A picture of the chunk that is being gathered. */
    private record Member(int index, Picture.Named picture, Picture.Prepared prepared) { }

    private ImageEncoder(NativeModel model, Encoding encoding, List<Picture.Named> pictures, int floats, FloatBuffer target) {
        this.model = model;
        this.encoding = encoding;
        this.pictures = pictures;
        this.floats = floats;
        this.target = target;
    }

    /**
     * Encodes pictures to raw embeddings.
     *
     * @param target receives row i for picture i, from its element 0 on (not from its position); the rows of bad pictures are zero
     * @return what went wrong, by index; empty when nothing did
     */
    public static SortedMap<Integer, OpenAutoGlmException> encode(NativeModel model, List<Picture.Named> pictures, FloatBuffer target) {
        return new ImageEncoder(model, Native::oag_encode_images, pictures, model.facts().embeddingSize(), target).encodeAll();
    }

    /**
     * Encodes pictures to the vectors of their tokens.
     *
     * @param target receives the rows of one picture after the other; those of bad pictures are zero
     * @return what went wrong, by index; empty when nothing did
     */
    public static SortedMap<Integer, OpenAutoGlmException> encodeTokens(NativeModel model, List<Picture.Named> pictures, FloatBuffer target) {
        NativeModel.Facts facts = model.facts();
        return new ImageEncoder(model, Native::oag_encode_image_tokens, pictures, facts.imageTokens() * facts.imageTokenSize(), target).encodeAll();
    }

    private SortedMap<Integer, OpenAutoGlmException> encodeAll() {
        List<Member> chunk = new ArrayList<>(Math.min(CHUNK_PICTURES, pictures.size()));
        long chunkBytes = 0;
        for (int i = 0; i < pictures.size(); i++) {
            Picture.Named picture = pictures.get(i);
            Picture.Prepared prepared;
            try {
                prepared = picture.picture().prepare();
            } catch (IOException | RuntimeException cause) {
                fail(i, picture, unreadable(picture, cause));
                continue;
            }
            if (prepared.pixelCount() > model.maxImagePixels()) { // before they are copied; the native side looks at files
                fail(i, picture, new ImageException(picture.name() + ": has " + prepared.pixelCount() + " pixels, more than the limit of "
                    + model.maxImagePixels() + ": raise LoadOptions.maxImagePixels if it is wanted"));
                continue;
            }
            if (prepared.frameBytes() > MOST_BYTES) {
                fail(i, picture, new ImageException(picture.name() + ": has " + prepared.frameBytes() + " bytes, more than the 2 GiB that a picture may "
                    + "have"));
                continue;
            }
            long bytes = prepared.frameBytes() + (long) floats * Float.BYTES;
            boolean full = chunk.size() == CHUNK_PICTURES || chunkBytes + bytes > CHUNK_BYTES;
            if (full && !chunk.isEmpty()) {
                encodeChunk(chunk);
                chunk.clear();
                chunkBytes = 0;
            }
            chunk.add(new Member(i, picture, prepared));
            chunkBytes += bytes;
        }
        if (!chunk.isEmpty()) {
            encodeChunk(chunk);
        }
        return failures;
    }

    private void encodeChunk(List<Member> chunk) {
        FrameLayout layout = new FrameLayout();
        long images = layout.add((long) chunk.size() * Native.sizeof_oag_image);
        long items = layout.add((long) chunk.size() * Native.sizeof_oag_item);
        long rows = layout.add((long) chunk.size() * floats * Float.BYTES);
        long[] places = new long[chunk.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = layout.add(chunk.get(i).prepared().frameBytes());
        }
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            List<Member> placed = new ArrayList<>(chunk.size());
            for (int i = 0; i < places.length; i++) {
                Member member = chunk.get(i);
                long bytes = member.prepared().frameBytes();
                try {
                    Picture.NativeImage image = member.prepared().place(frame.slice(places[i], bytes), frame.at(places[i]));
                    write(frame, images + (long) placed.size() * Native.sizeof_oag_image, image);
                    placed.add(member);
                } catch (IOException | RuntimeException cause) {
                    fail(member.index(), member.picture(), unreadable(member.picture(), cause));
                }
            }
            if (!placed.isEmpty()) {
                int status = encoding.call(model.address(), frame.at(images), placed.size(), frame.at(rows),
                    (long) placed.size() * floats, frame.at(items), frame.error(), Frame.ERROR_CAPACITY);
                if (status != NativeStatus.PARTIAL) {
                    frame.check(status);
                }
                deliver(frame, placed, items, rows);
            }
        }
    }

    private static void write(Frame frame, long offset, Picture.NativeImage image) {
        frame.clear(offset, Native.sizeof_oag_image);
        frame.putInt(offset, Native.sizeof_oag_image);
        frame.putInt(offset + Native.offsetof_oag_image_kind, image.kind());
        frame.putLong(offset + Native.offsetof_oag_image_data, image.address());
        frame.putLong(offset + Native.offsetof_oag_image_size, image.size());
        frame.putInt(offset + Native.offsetof_oag_image_width, image.width());
        frame.putInt(offset + Native.offsetof_oag_image_height, image.height());
        frame.putLong(offset + Native.offsetof_oag_image_stride, image.stride());
    }

    private void deliver(Frame frame, List<Member> placed, long items, long rows) {
        FloatBuffer results = frame.floats(rows, (long) placed.size() * floats); // [placed, floats]
        for (int i = 0; i < placed.size(); i++) {
            Member member = placed.get(i);
            long item = items + (long) i * Native.sizeof_oag_item;
            int status = frame.getInt(item + Native.offsetof_oag_item_status);
            if (status == NativeStatus.OK) {
                target.put(member.index() * floats, results, i * floats, floats);
            } else {
                String text = frame.getString(item + Native.offsetof_oag_item_error,
                    Native.sizeof_oag_item - Native.offsetof_oag_item_error);
                fail(member.index(), member.picture(), NativeStatus.failure(status, member.picture().name() + ": " + text));
            }
        }
    }

    private void fail(int index, Picture.Named picture, OpenAutoGlmException failure) {
        failures.put(index, failure);
        for (int i = 0; i < floats; i++) {
            target.put(index * floats + i, 0);
        }
    }

    /** What a picture's source threw, whatever it is: a closed file system and a raster that contradicts itself throw unchecked exceptions. */
    private static OpenAutoGlmException unreadable(Picture.Named picture, Exception cause) {
        Throwable reason = cause instanceof UncheckedIOException && cause.getCause() != null ? cause.getCause() : cause;
        String text = reason instanceof NoSuchFileException ? "there is no such file"
            : reason instanceof AccessDeniedException ? "permission to read it is denied"
            : reason instanceof IOException && reason.getMessage() != null ? reason.getMessage() : "reading it failed: " + reason;
        return new ImageException(picture.name() + ": " + text, reason);
    }
}
