package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a process that uses the library ends, and two copies of the library in one process. */
@Timeout(900)
class ProcessLifeTest {
    private static final int AT_ONCE = 4;

    /** However it ends: 90 times by System.exit, 5 times by halt, 5 times by a signal. */
    @Test
    void endingDuringRunningCallsIsClean() throws Exception {
        List<String> ends = new ArrayList<>(Collections.nCopies(100, "exit"));
        ends.addAll(Collections.nCopies(5, "halt"));
        ends.addAll(Collections.nCopies(5, "signal"));
        for (int begin = 0; begin < ends.size(); begin += AT_ONCE) {
            List<ChildJvm> children = new ArrayList<>();
            try {
                List<String> now = ends.subList(begin, Math.min(ends.size(), begin + AT_ONCE));
                for (String end : now) {
                    children.add(ChildJvm.start(ChildJvm.command(Ending.class, List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), end), Map.of()));
                }
                for (int i = 0; i < now.size(); i++) {
                    requireClean(children.get(i), now.get(i));
                }
            } finally {
                for (ChildJvm child : children) {
                    child.close();
                }
            }
        }
    }

    private static void requireClean(ChildJvm child, String end) throws Exception {
        if (end.equals("signal")) {
            while (child.process().isAlive() && !child.output().contains("running")) {
                Thread.sleep(5);
            }
            child.process().destroy(); // SIGTERM
        }
        ChildJvm.Result result = child.await();
        assertEquals(end.equals("signal") ? 143 : 42, result.exitCode(), end + ": " + result.output());
        assertEquals("running", result.output().strip(), end);
    }

    /** The child: eight threads compute without end while the process ends. */
    static final class Ending {
        public static void main(String[] arguments) throws Exception {
            OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP, LoadOptions.builder().threads(4).build());
            CountDownLatch running = new CountDownLatch(16);
            for (int i = 0; i < 8; i++) {
                Thread thread = new Thread(() -> {
                    while (true) {
                        model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE)));
                        model.encodeTexts("a photo of a cat");
                        running.countDown();
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            running.await();
            System.out.println("running");
            switch (arguments[0]) {
                case "exit" -> System.exit(42);
                case "halt" -> Runtime.getRuntime().halt(42);
                default -> Thread.sleep(Long.MAX_VALUE);
            }
        }
    }

    /** In a JVM whose heap is all there from the beginning, so that growth is native. */
    @Test
    void loadingAndClosingDoesNotPileUpMemory() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Reloading.class, Map.of(), List.of("-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"));
        assertEquals(0, result.exitCode(), result.output());
    }

    /** The child: 400 models, after the first 200, must not add up. */
    static final class Reloading {
        public static void main(String[] arguments) {
            long before = 0;
            for (int i = 0; i < 600; i++) {
                try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
                    model.encodeTexts("a cat");
                }
                if (i == 199) {
                    before = Resident.bytes();
                }
            }
            long growth = Resident.bytes() - before;
            System.out.println("growth " + growth);
            if (growth > 30 << 20) { // the weights alone of 400 models are 90 MB
                throw new AssertionError("400 models more take " + growth + " bytes more");
            }
        }
    }

    /** As two web applications in a server: each class loader has its own copy of every native library. */
    @Test
    void twoClassLoadersUseTheirOwnCopies() throws Exception {
        ChildJvm.Result result = ChildJvm.run(Loading.class, Map.of(), List.of());
        assertEquals(0, result.exitCode(), result.output());
        List<String> answers = result.output().lines().filter(line -> line.startsWith("answer ")).toList();
        assertEquals(6, answers.size(), result.output());
        assertEquals(1, answers.stream().distinct().count(), result.output());
        assertTrue(result.output().contains("end"), result.output());
    }

    /** The child. */
    static final class Loading {
        public static void main(String[] arguments) throws Exception {
            List<URL> classPath = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
                classPath.add(Path.of(entry).toUri().toURL());
            }
            URL[] urls = classPath.toArray(URL[]::new);
            try (URLClassLoader first = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
                 URLClassLoader second = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
                for (int i = 0; i < 2; i++) {
                    answer(first);
                    answer(second);
                }
            }
            System.gc();
            // An application that is deployed again, after the first two are gone.
            for (int i = 0; i < 2; i++) {
                try (URLClassLoader again = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
                    answer(again);
                }
                System.gc();
            }
            System.out.println("end");
        }

        private static void answer(ClassLoader loader) throws Exception {
            loader.loadClass(Answer.class.getName()).getMethod("run").invoke(null);
        }
    }
}
