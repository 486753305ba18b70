package org.openautoglm;

import java.nio.FloatBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.openautoglm.internal.Diagnostics;
import org.openautoglm.internal.EmbeddedModels;
import org.openautoglm.internal.ImageEncoder;
import org.openautoglm.internal.NativeLibrary;
import org.openautoglm.internal.NativeModel;
import org.openautoglm.internal.Picture;
import org.openautoglm.internal.PrecisionCheckJson;
import org.openautoglm.internal.RuntimeOptions;
import org.openautoglm.internal.Scorer;
import org.openautoglm.internal.TextEncoder;
import org.openautoglm.internal.TextTokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loaded vision-language model. It holds native memory (the weights): close it. Any number of threads, virtual ones included, may call it at once;
 * what a call returns depends on nothing but its input, not on the other items of the batch nor on other callers.
 *
 * <p>Lists of any length may be passed: they are fed to the native side in bounded chunks. An interrupt does not end a call: it completes as ever, and the
 * thread is still interrupted afterwards. A call that runs out of memory throws {@link OutOfMemoryError} or {@link NativeMemoryException}; the
 * model goes on serving.
 */
public final class OpenAutoGlm extends NativeObject {
    private static final Logger LOGGER = LoggerFactory.getLogger(OpenAutoGlm.class);

    private static final int MOST_WARNINGS = 16;

    private final NativeModel model;
    private final TextTokenizer tokenizer; // null when the model takes no texts or has no tokenizer.json
    private final ModelInfo info;
    private final Backend backend;
    private final Set<String> strangers = ConcurrentHashMap.newKeySet(); // models whose features were warned about

    /** What a model owns, freed once: also when it fails to be constructed after the cleaner knows it. */
    private static final class Holdings implements Runnable {
        private NativeModel model;
        private TextTokenizer tokenizer;

        @Override public synchronized void run() {
            NativeModel freeModel = model;
            TextTokenizer freeTokenizer = tokenizer;
            model = null;
            tokenizer = null;
            try {
                if (freeTokenizer != null) {
                    freeTokenizer.close();
                }
            } finally {
                if (freeModel != null) {
                    freeModel.close();
                }
            }
        }
    }

    private OpenAutoGlm(Holdings holdings) {
        super("model " + holdings.model.facts().folder(), holdings);
        this.model = holdings.model;
        this.tokenizer = holdings.tokenizer;
        NativeModel.Facts facts = model.facts();
        this.info = new ModelInfo(facts.family(), Path.of(facts.folder()), facts.hash(), facts.embedding(), facts.embeddingSize(), facts.hasImageTower(),
            facts.hasTextTower(), facts.imageWidth(), facts.imageHeight(), model.textSpecification().maxTokens(), facts.vocabularySize(),
            facts.parameterCount(), Scores.values()[facts.scores()], facts.tokens(), facts.imageTokens(), facts.imageTokenSize(), facts.textTokenSize());
        this.backend = new Backend(Device.values()[facts.device()], Isa.values()[facts.isa()], Precision.values()[facts.precision()],
            facts.leastImageCosine(), facts.leastTextCosine(), facts.threads(), facts.backend(), facts.backendReason());
    }

    // ---- loading ----------------------------------------------------------------------------------------------------------

    /**
     * Loads a model folder as Hugging Face publishes it: config.json, model.safetensors (or shards), tokenizer.json, preprocessor_config.json. With
     * default options.
     *
     * @param folder of the default file system
     * @return an open model, owned by the caller
     * @throws ModelException when the folder is not there or not usable
     * @throws OpenAutoGlmException when it cannot be loaded for another reason
     */
    public static OpenAutoGlm fromPretrained(Path folder) {
        return fromPretrained(folder, LoadOptions.defaults());
    }

    /**
     * Loads a model folder.
     *
     * @param folder as in {@link #fromPretrained(Path)}
     * @param options where to run, and limits
     * @return an open model, owned by the caller
     * @throws ModelException when the folder is not there or not usable
     * @throws UnavailableException when the wanted device is not there
     * @throws UnsupportedException when the wanted precision or instruction set is not there, or the precision is too inaccurate with these weights
     * @throws OpenAutoGlmException when it cannot be loaded for another reason
     */
    public static OpenAutoGlm fromPretrained(Path folder, LoadOptions options) {
        checkFolder(folder, options);
        Holdings holdings = new Holdings();
        try {
            holdings.model = NativeModel.load(folder, options.runtimeOptions(), options.modelOptions());
            NativeModel.Facts facts = holdings.model.facts();
            if (facts.hasTextTower() && !facts.tokenizerFile().isEmpty()) {
                holdings.tokenizer = TextTokenizer.load(Path.of(facts.tokenizerFile()), holdings.model.textSpecification());
            } else if (!facts.madeTokenizer().isEmpty()) {
                Path vocabulary = Path.of(facts.folder(), "vocab.txt");
                holdings.tokenizer = TextTokenizer.of(Files.exists(vocabulary) ? vocabulary : Path.of(facts.folder(), "vocab.json"), facts.madeTokenizer(),
                    holdings.model.textSpecification());
            }
            return new OpenAutoGlm(holdings);
        } catch (RuntimeException | Error failure) {
            holdings.run();
            throw failure;
        }
    }

    /**
     * Loads a model by name, with default options: one that is embedded in a jar on the class path, else a folder. Nothing is ever downloaded.
     *
     * @param nameOrFolder an embedded model's name or a path
     * @return an open model, owned by the caller
     * @throws ModelException when it is neither, or not usable
     * @throws OpenAutoGlmException when it cannot be loaded for another reason
     */
    public static OpenAutoGlm fromPretrained(String nameOrFolder) {
        return fromPretrained(nameOrFolder, LoadOptions.defaults());
    }

    /**
     * Loads a model by name: one that is embedded in a jar on the class path, else a folder. Nothing is ever downloaded.
     *
     * @param nameOrFolder an embedded model's name or a path
     * @param options where to run, and limits
     * @return an open model, owned by the caller
     * @throws ModelException when it is neither, or not usable
     * @throws OpenAutoGlmException as in {@link #fromPretrained(Path, LoadOptions)}
     */
    public static OpenAutoGlm fromPretrained(String nameOrFolder, LoadOptions options) {
        Objects.requireNonNull(nameOrFolder, "nameOrFolder");
        Objects.requireNonNull(options, "options");
        return fromPretrained(folderOf(nameOrFolder), options);
    }

    /**
     * Measures how close each precision comes to fp32 with a model's weights on this machine, on built-in pictures and texts, and remembers it for later loads.
     *
     * @param folder as in {@link #fromPretrained(Path)}
     * @param options where to run; the precision among them does not matter
     * @return what was measured
     * @throws ModelException when the folder is not there or not usable
     * @throws OpenAutoGlmException when it cannot be loaded for another reason
     */
    public static PrecisionCheck checkPrecisions(Path folder, LoadOptions options) {
        checkFolder(folder, options);
        return PrecisionCheckJson.parse(NativeModel.check(folder, options.runtimeOptions(), options.modelOptions()));
    }

    /**
     * {@link #checkPrecisions(Path, LoadOptions)} of a model by name.
     *
     * @param nameOrFolder an embedded model's name or a path
     * @param options where to run
     * @return what was measured
     */
    public static PrecisionCheck checkPrecisions(String nameOrFolder, LoadOptions options) {
        Objects.requireNonNull(nameOrFolder, "nameOrFolder");
        Objects.requireNonNull(options, "options");
        return checkPrecisions(folderOf(nameOrFolder), options);
    }

    private static void checkFolder(Path folder, LoadOptions options) {
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(options, "options");
        if (folder.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException("folder is " + folder.toUri() + ", but the native side reads the default file system only: "
                + "copy the model there");
        }
    }

    private static Path folderOf(String nameOrFolder) {
        Optional<Path> embedded = EmbeddedModels.folder(nameOrFolder);
        if (embedded.isPresent()) {
            return embedded.get();
        }
        try {
            Path folder = Path.of(nameOrFolder);
            if (!nameOrFolder.isEmpty() && Files.exists(folder)) {
                return folder;
            }
        } catch (InvalidPathException noPath) {
            // then it is no folder
        }
        throw new ModelException("\"" + nameOrFolder + "\" is neither a model embedded in a jar on the class path nor a folder. Nothing is "
            + "ever downloaded: fetch the model folder yourself (config.json, model.safetensors, tokenizer.json, preprocessor_config.json) and "
            + "give its path");
    }

    // ---- encoding ---------------------------------------------------------------------------------------------------------

    /**
     * Encodes pictures.
     *
     * @param images one or more
     * @return raw (projected, not normalised) embeddings {@code [images.size(), embeddingSize]}, row i for {@code images.get(i)}
     * @throws BatchException when some pictures are bad; it has the embeddings of the others
     * @throws IllegalArgumentException when {@code images} is empty
     * @throws IllegalStateException when the model is closed
     * @throws UnsupportedException when the model takes no pictures
     */
    public Features encodeImages(List<ImageInput> images) {
        List<Picture.Named> pictures = Arguments.pictures(images);
        float[] values = new float[floats(pictures.size(), "images")];
        SortedMap<Integer, OpenAutoGlmException> failures = encode(pictures, FloatBuffer.wrap(values));
        if (failures.isEmpty()) {
            return features(Features.Kind.IMAGE, values);
        }
        throw new BatchException("images", pictures.size(), failures, features(Features.Kind.IMAGE, without(values, info.embeddingSize(), failures)),
            null);
    }

    /**
     * Encodes pictures into the caller's buffer: row i for {@code images.get(i)}, from the buffer's position on, which moves behind the last row.
     *
     * @param images one or more
     * @param target with {@code images.size() * embeddingSize} floats left
     * @throws BatchException when some pictures are bad: their rows are zero, the others are done, the position has not moved
     * @throws IllegalArgumentException when {@code images} is empty or the buffer is too small
     * @throws IllegalStateException when the model is closed
     * @throws UnsupportedException when the model takes no pictures
     */
    public void encodeImages(List<ImageInput> images, FloatBuffer target) {
        List<Picture.Named> pictures = Arguments.pictures(images);
        int length = floats(pictures.size(), "images");
        SortedMap<Integer, OpenAutoGlmException> failures = encode(pictures, Arguments.window(target, length));
        if (!failures.isEmpty()) {
            throw new BatchException("images", pictures.size(), failures, null, null);
        }
        target.position(target.position() + length);
    }

    /**
     * Encodes pictures into the caller's array.
     *
     * @param images one or more
     * @param target of {@code images.size() * embeddingSize} floats or more, filled from 0 on; otherwise as in {@link #encodeImages(List, FloatBuffer)}
     */
    public void encodeImages(List<ImageInput> images, float[] target) {
        encodeImages(images, FloatBuffer.wrap(Objects.requireNonNull(target, "target")));
    }

    /**
     * Encodes texts. What a text has beyond {@link ModelInfo#maxTextTokens()} tokens is cut off; the empty text is a text.
     *
     * @param texts one or more
     * @return raw (projected, not normalised) embeddings {@code [texts.size(), embeddingSize]}, row i for {@code texts.get(i)}
     * @throws IllegalArgumentException when {@code texts} is empty, or a text is not valid UTF-16
     * @throws IllegalStateException when the model is closed
     * @throws UnsupportedException when the model takes no texts
     * @throws ModelException when the folder has no tokenizer.json, or one that cannot tokenize a text or is another model's
     */
    public Features encodeTexts(List<String> texts) {
        List<String> checked = Arguments.texts(texts);
        float[] values = new float[floats(checked.size(), "texts")];
        encodeChecked(checked, FloatBuffer.wrap(values));
        return features(Features.Kind.TEXT, values);
    }

    /**
     * Encodes texts, each with one of the model's prompts before it: what the model was trained to see before a query, a passage and so on.
     *
     * @param texts one or more
     * @param prompt the name of one of {@link #prompts()}
     * @return as in {@link #encodeTexts(List)}
     * @throws IllegalArgumentException when the model has no such prompt
     */
    public Features encodeTexts(List<String> texts, String prompt) {
        List<String> checked = Arguments.texts(texts);
        String before = promptNamed(prompt);
        float[] values = new float[floats(checked.size(), "texts")];
        encodeChecked(checked, before, FloatBuffer.wrap(values));
        return features(Features.Kind.TEXT, values);
    }

    /**
     * What the model was trained to see before a text, by name ({@code query}, {@code passage}), as its folder says. The default one, if there is one, is put before
     * every text that is encoded without a prompt's name.
     *
     * @return empty for most models
     */
    public Map<String, String> prompts() {
        return model.textSpecification().prompts();
    }

    /**
     * Encodes texts.
     *
     * @param texts one or more
     * @return as in {@link #encodeTexts(List)}
     */
    public Features encodeTexts(String... texts) {
        return encodeTexts(Arrays.asList(Objects.requireNonNull(texts, "texts")));
    }

    /**
     * Encodes texts into the caller's buffer: row i for {@code texts.get(i)}, from the buffer's position on, which moves behind the last row.
     *
     * @param texts one or more
     * @param target with {@code texts.size() * embeddingSize} floats left
     * @throws IllegalArgumentException when {@code texts} is empty, a text is not valid UTF-16, or the buffer is too small
     * @throws IllegalStateException when the model is closed
     */
    public void encodeTexts(List<String> texts, FloatBuffer target) {
        List<String> checked = Arguments.texts(texts);
        int length = floats(checked.size(), "texts");
        encodeChecked(checked, Arguments.window(target, length));
        target.position(target.position() + length);
    }

    /**
     * Encodes texts into the caller's array.
     *
     * @param texts one or more
     * @param target of {@code texts.size() * embeddingSize} floats or more, filled from 0 on; otherwise as in {@link #encodeTexts(List, FloatBuffer)}
     */
    public void encodeTexts(List<String> texts, float[] target) {
        encodeTexts(texts, FloatBuffer.wrap(Objects.requireNonNull(target, "target")));
    }

    /**
     * Encodes pictures to the vectors of their patches (and class token), for late interaction and other work on regions: which vectors they are says
     * {@link ModelInfo#tokens()}.
     *
     * @param images one or more
     * @return for each picture {@link ModelInfo#imageTokens()} vectors, not normalised
     * @throws BatchException when some pictures are bad; it has the vectors of the others
     * @throws IllegalArgumentException when {@code images} is empty, or there are more vectors than a Java array holds
     * @throws IllegalStateException when the model is closed
     * @throws UnsupportedException when the model takes no pictures, or gives embeddings alone
     */
    public TokenFeatures encodeImageTokens(List<ImageInput> images) {
        List<Picture.Named> pictures = Arguments.pictures(images);
        float[] values = new float[Arguments.floats((long) pictures.size() * info.imageTokens(), info.imageTokenSize(), pictures.size(), "images")];
        SortedMap<Integer, OpenAutoGlmException> failures;
        enter();
        try {
            failures = ImageEncoder.encodeTokens(model, pictures, FloatBuffer.wrap(values));
        } finally {
            leave();
        }
        int[] offsets = new int[pictures.size() - failures.size() + 1];
        Arrays.setAll(offsets, i -> i * info.imageTokens());
        TokenFeatures tokens = new TokenFeatures(Features.Kind.IMAGE, without(values, info.imageTokens() * info.imageTokenSize(), failures), offsets,
            info.imageTokenSize(), info.hash(), backend.precision());
        if (!failures.isEmpty()) {
            throw new BatchException("images", pictures.size(), failures, null, tokens);
        }
        return tokens;
    }

    /**
     * Encodes texts to the vectors of their tokens, for late interaction and other work on words: which vectors they are says {@link ModelInfo#tokens()}.
     *
     * @param texts one or more
     * @return for each text a vector for each of the ids of {@link #tokenize}, not normalised
     * @throws IllegalArgumentException when {@code texts} is empty, a text is not valid UTF-16, or there are more vectors than a Java array holds
     * @throws IllegalStateException when the model is closed
     * @throws UnsupportedException when the model takes no texts, or gives embeddings alone
     * @throws ModelException as in {@link #encodeTexts(List)}
     */
    public TokenFeatures encodeTextTokens(List<String> texts) {
        return encodeTokensChecked(Arguments.texts(texts), model.textSpecification().unasked());
    }

    /**
     * Encodes texts to the vectors of their tokens, each text with one of the model's prompts before it, whose tokens have vectors, too.
     *
     * @param texts one or more
     * @param prompt the name of one of {@link #prompts()}
     * @return as in {@link #encodeTextTokens(List)}
     * @throws IllegalArgumentException when the model has no such prompt
     */
    public TokenFeatures encodeTextTokens(List<String> texts, String prompt) {
        return encodeTokensChecked(Arguments.texts(texts), promptNamed(prompt));
    }

    /**
     * The token ids that {@link #encodeTexts(List)} computes a text from: special tokens included, cut off at {@link ModelInfo#maxTextTokens()}.
     *
     * @param text valid UTF-16
     * @return a new array
     * @throws IllegalArgumentException when the text is not valid UTF-16
     * @throws IllegalStateException when the model is closed
     */
    public int[] tokenize(String text) {
        Arguments.checkText(Objects.requireNonNull(text, "text"), "text");
        enter();
        try {
            return requireTokenizer().encode(model.textSpecification().unasked() + text);
        } finally {
            leave();
        }
    }

    // ---- scoring ----------------------------------------------------------------------------------------------------------

    /**
     * Scores every image against every text, as the model was trained: for CLIP the cosine times the learned temperature. Raw and normalised
     * features give equal results. Features of another model or precision are scored, too, but a warning is logged once, for the
     * numbers mean little.
     *
     * @param images of {@link #encodeImages(List)}, one or more
     * @param texts of {@link #encodeTexts(List)}, one or more
     * @return {@code [images.size(), texts.size()]} logits and probabilities
     * @throws IllegalArgumentException when kinds are mixed up, dimensions do not fit, or there are no rows
     * @throws IllegalStateException when the model is closed
     * @throws UnsupportedException when the model has one tower only: compare its embeddings by their cosine
     */
    public Logits forward(Features images, Features texts) {
        if (!info.hasImageTower() || !info.hasTextTower()) {
            throw new UnsupportedException("model " + info.folder() + " has no " + (info.hasTextTower() ? "image" : "text")
                + " tower, and forward scores pictures against texts: compare embeddings of one kind by their cosine (Similarity.of)");
        }
        check(images, Features.Kind.IMAGE, "images");
        check(texts, Features.Kind.TEXT, "texts");
        long cells = (long) images.size() * texts.size();
        if (cells > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(images.size() + " images and " + texts.size() + " texts have more logits than a Java array "
                + "holds; score them in parts");
        }
        float[] logits = new float[(int) cells];
        float[] probabilities = new float[(int) cells];
        enter();
        try {
            Scorer.forward(model, images.values(), images.size(), texts.values(), texts.size(), logits, probabilities);
        } finally {
            leave();
        }
        return new Logits(images.size(), texts.size(), logits, probabilities);
    }

    // ---- asynchronous -----------------------------------------------------------------------------------------------------

    /**
     * {@link #encodeImages(List)} on an executor. So are continuations of the future that name no executor; the common pool is never used.
     *
     * @param images one or more; the list is copied now, what the inputs stand for is read later
     * @param executor runs the call; a pool of a few threads keeps the machine busy
     * @return completes with the features or with what the call throws; cancelling it before its turn skips the work
     */
    public CompletableFuture<Features> encodeImagesAsync(List<ImageInput> images, Executor executor) {
        List<ImageInput> copy = Arguments.copy(images, "images");
        return ExecutorFuture.run(executor, () -> encodeImages(copy));
    }

    /**
     * {@link #encodeTexts(List)} on an executor, as {@link #encodeImagesAsync} does.
     *
     * @param texts one or more; the list is copied
     * @param executor runs the call
     * @return completes with the features or with what the call throws
     */
    public CompletableFuture<Features> encodeTextsAsync(List<String> texts, Executor executor) {
        List<String> copy = Arguments.copy(texts, "texts");
        return ExecutorFuture.run(executor, () -> encodeTexts(copy));
    }

    /**
     * {@link #forward} on an executor, as {@link #encodeImagesAsync} does.
     *
     * @param images one or more
     * @param texts one or more
     * @param executor runs the call
     * @return completes with the logits or with what the call throws
     */
    public CompletableFuture<Logits> forwardAsync(Features images, Features texts, Executor executor) {
        return ExecutorFuture.run(executor, () -> forward(images, texts));
    }

    // ---- facts ------------------------------------------------------------------------------------------------------------

    /**
     * Facts about the model. Works after close, too.
     *
     * @return family, sizes, hash
     */
    public ModelInfo info() {
        return info;
    }

    /** What stores of this model run with, too. */
    RuntimeOptions runtimeOptions() {
        return model.options();
    }

    /**
     * What the model runs on, and why. Works after close, too.
     *
     * @return device, instruction set, precision, threads
     */
    public Backend backend() {
        return backend;
    }

    /**
     * Measures what this model's speed is a fraction of: the operations per second, a multiply-add being two, that its threads reach together in registers in its
     * precision. Takes about a fifth of a second of all threads.
     *
     * @return operations per second
     * @throws IllegalStateException when the model is closed
     */
    public double measurePeak() {
        enter();
        try {
            return model.measurePeak();
        } finally {
            leave();
        }
    }

    /**
     * How much arithmetic it is to encode so many pictures, and so many texts of so many tokens each that share nothing: the multiplications and additions of matrix
     * products and attention, which are nearly all.
     *
     * @param images 0 or more; 0 when the model takes no pictures
     * @param texts 0 or more; 0 when the model takes no texts
     * @param tokensPerText special tokens included
     * @return operations
     * @throws IllegalArgumentException when one is negative
     * @throws IllegalStateException when the model is closed
     */
    public double countOperations(long images, long texts, long tokensPerText) {
        enter();
        try {
            return model.countOperations(images, texts, tokensPerText);
        } finally {
            leave();
        }
    }

    /**
     * What the cache of text beginnings did so far.
     *
     * @return numbers of this moment
     * @throws IllegalStateException when the model is closed
     */
    public PrefixCacheStatistics prefixCacheStatistics() {
        enter();
        try {
            long[] numbers = model.prefixStatistics();
            return new PrefixCacheStatistics(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
        } finally {
            leave();
        }
    }

    /**
     * Waits for the calls in progress on other threads and frees the model. Later calls throw {@link IllegalStateException}; closing again does nothing.
     *
     * @throws IllegalStateException when it is called from within a call of this model on the same thread
     */
    @Override public void close() {
        super.close();
    }

    /**
     * What the native library finds on this machine: version, platform, CPU features, each instruction set, device and plugin tried, and why it was refused.
     *
     * @return a JSON object
     * @throws UnavailableException when the library cannot be loaded
     */
    public static String diagnostics() {
        return Diagnostics.report();
    }

    /**
     * The release of the native library.
     *
     * @return such as {@code 0.1.0}
     * @throws UnavailableException when the library cannot be loaded
     */
    public static String version() {
        return NativeLibrary.version();
    }

    // ---- inside -----------------------------------------------------------------------------------------------------------

    private SortedMap<Integer, OpenAutoGlmException> encode(List<Picture.Named> pictures, FloatBuffer target) {
        enter();
        try {
            return ImageEncoder.encode(model, pictures, target);
        } finally {
            leave();
        }
    }

    private void encodeChecked(List<String> texts, FloatBuffer target) {
        encodeChecked(texts, model.textSpecification().unasked(), target);
    }

    private void encodeChecked(List<String> texts, String prompt, FloatBuffer target) {
        enter();
        try {
            TextEncoder.encode(model, requireTokenizer(), texts, prompt, target);
        } finally {
            leave();
        }
    }

    private TokenFeatures encodeTokensChecked(List<String> texts, String prompt) {
        enter();
        try {
            int[][] ids = TextEncoder.tokenize(model, requireTokenizer(), texts, prompt);
            int[] offsets = new int[ids.length + 1];
            long rows = 0;
            for (int i = 0; i < ids.length; i++) {
                rows += ids[i].length;
                offsets[i + 1] = (int) rows; // in range where the floats are
            }
            float[] values = new float[Arguments.floats(rows, info.textTokenSize(), ids.length, "texts")];
            TextEncoder.encodeTokens(model, ids, FloatBuffer.wrap(values));
            return new TokenFeatures(Features.Kind.TEXT, values, offsets, info.textTokenSize(), info.hash(), backend.precision());
        } finally {
            leave();
        }
    }

    private String promptNamed(String prompt) {
        String before = prompts().get(Objects.requireNonNull(prompt, "prompt"));
        if (before == null) {
            throw new IllegalArgumentException("model " + info.folder() + " has no prompt \"" + prompt + "\"; its prompts are " + prompts().keySet());
        }
        return before;
    }

    private TextTokenizer requireTokenizer() {
        if (tokenizer == null) {
            if (!info.hasTextTower()) {
                throw new UnsupportedException("model " + info.folder() + " takes no texts");
            }
            throw new ModelException("model " + info.folder() + " has no tokenizer.json: texts cannot be tokenized");
        }
        return tokenizer;
    }

    private int floats(int rows, String name) {
        return Arguments.floats(rows, info.embeddingSize(), rows, name);
    }

    private Features features(Features.Kind kind, float[] values) {
        return new Features(kind, values, info.embeddingSize(), info.hash(), backend.precision());
    }

    /** The rows of the items that did not fail. */
    private static float[] without(float[] values, int dimension, SortedMap<Integer, OpenAutoGlmException> failures) {
        if (failures.isEmpty()) {
            return values;
        }
        float[] rows = new float[values.length - failures.size() * dimension];
        int position = 0;
        for (int i = 0; i < values.length / dimension; i++) {
            if (!failures.containsKey(i)) {
                System.arraycopy(values, i * dimension, rows, position, dimension);
                position += dimension;
            }
        }
        return rows;
    }

    private void check(Features features, Features.Kind kind, String name) {
        Objects.requireNonNull(features, name);
        if (features.kind() != kind) {
            throw new IllegalArgumentException(name + " are features of kind " + features.kind() + ", expected " + kind);
        }
        if (features.dimension() != info.embeddingSize()) {
            throw new IllegalArgumentException(name + " have dimension " + features.dimension() + ", but the embeddings of model "
                + info.folder() + " have " + info.embeddingSize());
        }
        if (features.size() == 0) {
            throw new IllegalArgumentException(name + " have no rows");
        }
        boolean own = features.modelHash().equals(info.hash()) && features.precision() == backend.precision();
        if (!own && strangers.size() < MOST_WARNINGS && strangers.add(features.modelHash() + features.precision())) {
            LOGGER.warn("forward of model {} ({}, {}) was given {} of another model or precision ({}, {}): such vectors do not compare", info.folder(),
                info.hash(), backend.precision(), name, features.modelHash(), features.precision());
        }
    }
}
