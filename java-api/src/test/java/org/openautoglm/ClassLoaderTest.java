package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Applications that are deployed again and again in one server: what they loaded goes with them. */
@Timeout(600)
class ClassLoaderTest {
    private static final int CYCLES = 20;

    /** Also when the application forgets to close its model. */
    @ParameterizedTest
    @ValueSource(strings = {"closed", "forgotten"})
    void aDroppedApplicationIsCollected(String end) throws Exception {
        ChildJvm.Result result = ChildJvm.run(Server.class, Map.of(), List.of("-Xmx256m"), end);
        assertEquals(0, result.exitCode(), result.output());
    }

    /** A model that is neither closed nor given up keeps its class loader, as anything does that a Cleaner is to free; but nothing breaks. */
    @Test
    void anApplicationThatKeepsItsModelOpenDoesNoHarm() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Server.class, Map.of(), List.of("-Xmx256m"), "kept");
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains(Answer.right()), result.output());
    }

    /** The child. */
    static final class Server {
        public static void main(String[] arguments) throws Exception {
            List<URL> classPath = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                classPath.add(Path.of(entry).toUri().toURL());
            }
            URL[] urls = classPath.toArray(URL[]::new);
            if (arguments[0].equals("kept")) {
                for (int i = 0; i < 3; i++) {
                    deploy(urls, "kept");
                    System.gc();
                }
                deploy(urls, "closed");
                return;
            }
            List<WeakReference<ClassLoader>> dropped = new ArrayList<>();
            long threads = 0;
            long libraries = 0;
            for (int i = 0; i < CYCLES; i++) {
                dropped.add(deploy(urls, arguments[0]));
                long left = collect(dropped);
                if (left > 0) {
                    throw new AssertionError(left + " of " + dropped.size() + " class loaders are not collected");
                }
                if (i == 2) {
                    threads = threads();
                    libraries = mappedLibraries();
                }
            }
            // The JVM ends threads and unloads libraries some time after it has collected what they belonged to.
            for (int i = 0; i < 200 && (threads() > threads || mappedLibraries() > libraries); i++) {
                Thread.sleep(50);
            }
            if (threads() > threads || mappedLibraries() > libraries) {
                throw new AssertionError(threads + " threads became " + threads() + ", " + libraries + " parts of libraries " + mappedLibraries() + ": "
                    + Thread.getAllStackTraces().keySet());
            }
        }

        private static WeakReference<ClassLoader> deploy(URL[] classPath, String end) throws Exception {
            try (URLClassLoader application = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
                application.loadClass(Application.class.getName()).getMethod(end).invoke(null);
                return new WeakReference<>(application);
            }
        }

        /** Collects garbage until nothing is left, or for long. */
        private static long collect(List<WeakReference<ClassLoader>> dropped) throws InterruptedException {
            long left = 0;
            for (int i = 0; i < 300; i++) {
                System.gc();
                left = dropped.stream().filter(reference -> reference.get() != null).count();
                if (left == 0) {
                    break;
                }
                Thread.sleep(50);
            }
            return left;
        }

        /** Native ones, too. */
        private static long threads() throws Exception {
            try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
                return tasks.count();
            }
        }

        private static long mappedLibraries() throws Exception {
            try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                return maps.filter(line -> line.contains("openautoglm.so") || line.contains("tokenizers.so")).count();
            }
        }
    }

    /** What each class loader does. */
    public static final class Application {
        private static OpenAutoGlm kept;

        public static void closed() {
            Answer.run();
        }

        public static void forgotten() {
            OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(3).build()).encodeTexts("a cat");
        }

        public static void kept() {
            kept = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(3).build());
            kept.encodeTexts("a cat");
        }
    }
}
