package org.openautoglm.internal;

import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.openautoglm.VectorStoreException;
import org.openautoglm.bindings.Native;

/** A native store: its address, and the runtime whose threads search it. Safe for any thread; whoever owns it sees to it that {@link #close} comes once and last. */
public final class NativeStore implements AutoCloseable {
    /** Queries of one native call: what they and their results take is bounded. */
    private static final long CHUNK_BYTES = 16L << 20;

    private final SharedRuntime runtime;
    private final long address;
    private final Settings settings;

    /**
     * The fields of {@code oag_store_settings}. Enums are the C values.
     *
     * @param dimension floats of a vector; 0, when an expectation: any
     * @param metric an {@code oag_metric}
     * @param rowType an {@code oag_row_type}
     * @param idKind an {@code oag_id_kind}
     * @param precision an {@code oag_precision}
     * @param modelHash empty: no model in particular
     * @param modelName for error texts
     */
    public record Settings(int dimension, int metric, int rowType, int idKind, int precision, String modelHash, String modelName) { }

    /**
     * What a search found.
     *
     * @param rows numbers of rows, best first
     * @param scores of the rows
     */
    public record Found(long[] rows, float[] scores) { }

    private interface Maker {
        int make(Frame frame, long runtime, long settings, long path, long out);
    }

    private NativeStore(SharedRuntime runtime, long address) {
        this.runtime = runtime;
        this.address = address;
        FrameLayout layout = new FrameLayout();
        long info = layout.add(Native.sizeof_oag_store_info);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            readInfo(frame, info);
            this.settings = new Settings(
                frame.getInt(info + Native.offsetof_oag_store_info_dimension),
                frame.getInt(info + Native.offsetof_oag_store_info_metric),
                frame.getInt(info + Native.offsetof_oag_store_info_row_type),
                frame.getInt(info + Native.offsetof_oag_store_info_id_kind),
                frame.getInt(info + Native.offsetof_oag_store_info_precision),
                string(Native.OAG_STORE_MODEL_HASH),
                string(Native.OAG_STORE_MODEL_NAME));
        }
    }

    /** An empty store. */
    public static NativeStore create(RuntimeOptions options, Settings settings) {
        return make(options, settings, null, (frame, runtime, struct, path, out) ->
            Native.oag_store_create(runtime, struct, out, frame.error(), Frame.ERROR_CAPACITY));
    }

    /** A saved store; {@code expected} may be null. */
    public static NativeStore open(RuntimeOptions options, Path file, Settings expected) {
        return make(options, expected, file, (frame, runtime, struct, path, out) ->
            Native.oag_store_open(runtime, path, struct, out, frame.error(), Frame.ERROR_CAPACITY));
    }

    /** The store of a journal. */
    public static NativeStore openJournal(RuntimeOptions options, Path file, Settings settings) {
        return make(options, settings, file, (frame, runtime, struct, path, out) ->
            Native.oag_store_open_journal(runtime, path, struct, out, frame.error(), Frame.ERROR_CAPACITY));
    }

    private static NativeStore make(RuntimeOptions options, Settings settings, Path file, Maker maker) {
        NativeLibrary.ensureLoaded();
        SharedRuntime runtime = SharedRuntime.acquire(options);
        long address = 0;
        try {
            address = make(runtime, settings, file, maker);
            return new NativeStore(runtime, address);
        } catch (RuntimeException | Error failure) {
            Native.oag_store_close(address); // 0 is allowed
            runtime.release();
            throw failure;
        }
    }

    private static long make(SharedRuntime runtime, Settings settings, Path file, Maker maker) {
        byte[] path = file == null ? new byte[0] : file.toString().getBytes(StandardCharsets.UTF_8);
        byte[] hash = settings == null ? new byte[0] : settings.modelHash().getBytes(StandardCharsets.UTF_8);
        byte[] model = settings == null ? new byte[0] : settings.modelName().getBytes(StandardCharsets.UTF_8);
        FrameLayout layout = new FrameLayout();
        long struct = layout.add(Native.sizeof_oag_store_settings);
        long out = layout.add(Long.BYTES);
        long pathText = layout.add(path.length + 1L);
        long hashText = layout.add(hash.length + 1L);
        long modelText = layout.add(model.length + 1L);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.putLong(out, 0);
            frame.putString(pathText, path);
            if (settings != null) {
                frame.putString(hashText, hash);
                frame.putString(modelText, model);
                frame.clear(struct, Native.sizeof_oag_store_settings);
                frame.putInt(struct, Native.sizeof_oag_store_settings);
                frame.putInt(struct + Native.offsetof_oag_store_settings_dimension, settings.dimension());
                frame.putInt(struct + Native.offsetof_oag_store_settings_metric, settings.metric());
                frame.putInt(struct + Native.offsetof_oag_store_settings_row_type, settings.rowType());
                frame.putInt(struct + Native.offsetof_oag_store_settings_id_kind, settings.idKind());
                frame.putInt(struct + Native.offsetof_oag_store_settings_precision, settings.precision());
                frame.putLong(struct + Native.offsetof_oag_store_settings_model_hash, frame.at(hashText));
                frame.putLong(struct + Native.offsetof_oag_store_settings_model_name, frame.at(modelText));
            }
            check(frame, maker.make(frame, runtime.address(), settings == null ? 0 : frame.at(struct), frame.at(pathText), frame.at(out)));
            return frame.getLong(out);
        }
    }

    /** Files of stores are no models, whose exception {@link Frame#check} would throw. */
    private static void check(Frame frame, int status) {
        if (status == Native.OAG_IO) {
            throw new VectorStoreException(frame.getString(0, Frame.ERROR_CAPACITY));
        }
        frame.check(status);
    }

    private String string(int which) {
        return NativeLibrary.text(0, (frame, out, capacity, needed) ->
            Native.oag_store_get_string(address, which, out, capacity, needed, frame.error(), Frame.ERROR_CAPACITY));
    }

    private void readInfo(Frame frame, long info) {
        frame.clear(info, Native.sizeof_oag_store_info);
        frame.putInt(info, Native.sizeof_oag_store_info);
        frame.check(Native.oag_store_get_info(address, frame.at(info), frame.error(), Frame.ERROR_CAPACITY));
    }

    /** As it was made. */
    public Settings settings() {
        return settings;
    }

    /** Rows that there are. */
    public long rows() {
        FrameLayout layout = new FrameLayout();
        long info = layout.add(Native.sizeof_oag_store_info);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            readInfo(frame, info);
            return frame.getLong(info + Native.offsetof_oag_store_info_rows);
        }
    }

    /** Adds rows [ids.length, dimension]. */
    public void append(long[] ids, float[] rows) {
        FrameLayout layout = new FrameLayout();
        long values = layout.add((long) rows.length * Float.BYTES);
        long numbers = layout.add((long) ids.length * Long.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.floats(values, rows.length).put(rows);
            frame.slice(numbers, (long) ids.length * Long.BYTES).asLongBuffer().put(ids);
            check(frame, Native.oag_store_append(address, frame.at(values), ids.length, frame.at(numbers), frame.error(), Frame.ERROR_CAPACITY));
        }
    }

    /** Adds rows [ids.size(), dimension]. */
    public void append(List<String> ids, float[] rows) {
        byte[][] texts = new byte[ids.size()][];
        long total = 0;
        for (int i = 0; i < texts.length; i++) {
            texts[i] = ids.get(i).getBytes(StandardCharsets.UTF_8);
            total += texts[i].length;
        }
        FrameLayout layout = new FrameLayout();
        long values = layout.add((long) rows.length * Float.BYTES);
        long bytes = layout.add(total);
        long offsets = layout.add((texts.length + 1L) * Long.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.floats(values, rows.length).put(rows);
            long position = 0;
            frame.putLong(offsets, 0);
            for (int i = 0; i < texts.length; i++) {
                frame.slice(bytes + position, texts[i].length).put(texts[i]);
                position += texts[i].length;
                frame.putLong(offsets + (i + 1L) * Long.BYTES, position);
            }
            check(frame, Native.oag_store_append_texts(address, frame.at(values), texts.length, frame.at(bytes), frame.at(offsets), frame.error(), Frame.ERROR_CAPACITY));
        }
    }

    /** Adds the rows of another store whose ids are not there, and returns how many. */
    public long appendMissing(NativeStore other) {
        FrameLayout layout = new FrameLayout();
        long added = layout.add(Long.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            check(frame, Native.oag_store_append_missing(address, other.address, frame.at(added), frame.error(), Frame.ERROR_CAPACITY));
            return frame.getLong(added);
        }
    }

    /** Replaces the file. */
    public void save(Path file) {
        byte[] path = file.toString().getBytes(StandardCharsets.UTF_8);
        FrameLayout layout = new FrameLayout();
        long text = layout.add(path.length + 1L);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.putString(text, path);
            check(frame, Native.oag_store_save(address, frame.at(text), frame.error(), Frame.ERROR_CAPACITY));
        }
    }

    /** For each of queries [n, dimension] its k best rows; {@code filter} may be null. */
    public Found[] search(float[] queries, int k, BitSet filter) {
        int dimension = settings.dimension();
        int count = queries.length / dimension;
        int most = (int) Math.min(k, Math.max(1, rows()));
        long[] words = filter == null ? new long[0] : filter.toLongArray();
        int step = (int) Math.max(1, Math.min(count, CHUNK_BYTES / ((long) dimension * Float.BYTES + (long) most * (Long.BYTES + Float.BYTES))));
        Found[] results = new Found[count];
        FrameLayout layout = new FrameLayout();
        long asked = layout.add((long) step * dimension * Float.BYTES);
        long bits = layout.add((long) words.length * Long.BYTES + 1);
        long rows = layout.add((long) step * most * Long.BYTES);
        long scores = layout.add((long) step * most * Float.BYTES);
        long found = layout.add((long) step * Long.BYTES);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.slice(bits, (long) words.length * Long.BYTES).asLongBuffer().put(words);
            for (int begin = 0; begin < count; begin += step) {
                int part = Math.min(step, count - begin);
                frame.floats(asked, (long) part * dimension).put(queries, begin * dimension, part * dimension);
                frame.check(Native.oag_store_search(address, frame.at(asked), part, most, filter == null ? 0 : frame.at(bits), words.length * (long) Long.SIZE, frame.at(rows),
                    frame.at(scores), frame.at(found), frame.error(), Frame.ERROR_CAPACITY));
                for (int i = 0; i < part; i++) {
                    int hits = (int) frame.getLong(found + (long) i * Long.BYTES);
                    results[begin + i] = new Found(new long[hits], new float[hits]);
                    frame.slice(rows + (long) i * most * Long.BYTES, (long) hits * Long.BYTES).asLongBuffer().get(results[begin + i].rows());
                    FloatBuffer row = frame.floats(scores + (long) i * most * Float.BYTES, hits);
                    row.get(results[begin + i].scores());
                }
            }
        }
        return results;
    }

    /** The row of an id, or -1. */
    public long find(long id) {
        return find((frame, out) -> Native.oag_store_find(address, id, out, frame.error(), Frame.ERROR_CAPACITY), new byte[0]);
    }

    /** The row of an id, or -1. */
    public long find(String id) {
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        return find((frame, out) -> Native.oag_store_find_text(address, out + Long.BYTES, text.length, out, frame.error(), Frame.ERROR_CAPACITY), text);
    }

    private interface Finder {
        int find(Frame frame, long out);
    }

    /** The text lies behind the result. */
    private static long find(Finder finder, byte[] text) {
        FrameLayout layout = new FrameLayout();
        long out = layout.add(Long.BYTES + text.length);
        try (Frame frame = FramePool.SHARED.lease(layout.size())) {
            frame.slice(out + Long.BYTES, text.length).put(text);
            frame.check(finder.find(frame, frame.at(out)));
            return frame.getLong(out);
        }
    }

    /** The ids of rows, numbers in decimal digits. */
    public String[] ids(long[] rows) {
        String[] ids = new String[rows.length];
        boolean numbers = settings.idKind() == Native.OAG_IDS_NUMBERS;
        long room = numbers ? 0 : 64L * rows.length;
        while (true) {
            FrameLayout layout = new FrameLayout();
            long asked = layout.add((long) rows.length * Long.BYTES);
            long offsets = layout.add((rows.length + 1L) * Long.BYTES);
            long needed = layout.add(Long.BYTES);
            long texts = layout.add(room);
            try (Frame frame = FramePool.SHARED.lease(layout.size())) {
                frame.slice(asked, (long) rows.length * Long.BYTES).asLongBuffer().put(rows);
                if (numbers) {
                    frame.check(Native.oag_store_get_ids(address, frame.at(asked), rows.length, frame.at(offsets), frame.error(), Frame.ERROR_CAPACITY));
                    for (int i = 0; i < ids.length; i++) {
                        ids[i] = Long.toString(frame.getLong(offsets + (long) i * Long.BYTES));
                    }
                    return ids;
                }
                int status = Native.oag_store_get_texts(address, frame.at(asked), rows.length, frame.at(texts), room, frame.at(offsets), frame.at(needed), frame.error(),
                    Frame.ERROR_CAPACITY);
                if (status == NativeStatus.BUFFER_TOO_SMALL) {
                    room = frame.getLong(needed);
                    continue;
                }
                frame.check(status);
                for (int i = 0; i < ids.length; i++) {
                    long begin = frame.getLong(offsets + (long) i * Long.BYTES);
                    byte[] text = new byte[(int) (frame.getLong(offsets + (i + 1L) * Long.BYTES) - begin)];
                    frame.slice(texts + begin, text.length).get(text);
                    ids[i] = new String(text, StandardCharsets.UTF_8);
                }
                return ids;
            }
        }
    }

    /** Frees the store. */
    @Override public void close() {
        Native.oag_store_close(address);
        runtime.release();
    }
}
