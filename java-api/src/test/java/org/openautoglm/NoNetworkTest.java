package org.openautoglm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing here opens a connection. A JVM with traps does all that a program does. The traps: java.net sockets (URLConnection with and without proxy)
 * through a socket factory that records and refuses; java.net.http through the proxy selector; what honours the proxy variables of the
 * environment, as native clients do, through a listening server. Planted connections show that each trap catches.
 */
@Timeout(300)
class NoNetworkTest {
    @Test
    void nothingConnects() throws Exception {
        assertEquals("0 attempts", attempts("all", List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"url", "url-without-proxy", "socket", "http-client", "environment"})
    void plantedConnectionsAreCaught(String planted) throws Exception {
        assertTrue(!attempts(planted, List.of()).startsWith("0"), planted);
    }

    /** DJL, in whose jar the tokenizer library travels, reports usage unless it is told not to. Its code is not run. */
    @Test
    void theTokenizerLibraryReportsNothing() throws Exception {
        assertEquals("0 attempts", attempts("all", List.of("-DOPT_OUT_TRACKING=false")));
    }

    private static String attempts(String task, List<String> options) throws Exception {
        AtomicInteger accepted = new AtomicInteger();
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread acceptor = new Thread(() -> {
                try {
                    while (true) {
                        server.accept().close();
                        accepted.incrementAndGet();
                    }
                } catch (IOException closed) {
                    // the test is over
                }
            });
            acceptor.start();
            String proxy = "http://127.0.0.1:" + server.getLocalPort();
            ChildJvm.Result result = ChildJvm.run(Trapped.class, Map.of("http_proxy", proxy, "https_proxy", proxy, "all_proxy", proxy,
                "HTTP_PROXY", proxy, "HTTPS_PROXY", proxy, "ALL_PROXY", proxy), options, task);
            assertEquals(0, result.exitCode(), result.output());
            String line = result.output().lines().filter(text -> text.endsWith(" attempts")).findFirst().orElseThrow();
            server.close();
            acceptor.join();
            return accepted.get() == 0 ? line : accepted.get() + " connections to the proxy and " + line;
        }
    }

    /** The child. */
    static final class Trapped {
        private static final Queue<String> ATTEMPTS = new ConcurrentLinkedQueue<>();

        @SuppressWarnings("deprecation") // there is no other way to see every java.net socket
        public static void main(String[] arguments) throws Exception {
            // A process of its own: java.net.SocketImpl may be extended by anyone, but set only once.
            Socket.setSocketImplFactory(RefusingSocket::new);
            ProxySelector.setDefault(new ProxySelector() {
                @Override public List<Proxy> select(URI uri) {
                    ATTEMPTS.add(uri.toString());
                    return List.of(Proxy.NO_PROXY);
                }

                @Override public void connectFailed(URI uri, SocketAddress address, IOException cause) { }
            });
            switch (arguments[0]) {
                case "all" -> useEverything();
                case "url" -> attempt(() -> new java.net.URL("http://127.0.0.1:9/").openStream());
                case "url-without-proxy" -> attempt(() -> new java.net.URL("http://127.0.0.1:9/").openConnection(Proxy.NO_PROXY).getInputStream());
                case "socket" -> attempt(() -> new Socket("127.0.0.1", 9));
                case "http-client" -> attempt(() -> HttpClient.newBuilder().connectTimeout(java.time.Duration.ofMillis(200)).build()
                    .send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:9/")).build(), HttpResponse.BodyHandlers.ofString()));
                case "environment" -> attempt(() -> new ProcessBuilder("bash", "-c",
                    "exec 3<>/dev/tcp/127.0.0.1/${http_proxy##*:}").start().waitFor());
                default -> throw new IllegalArgumentException(arguments[0]);
            }
            System.out.println();
            ATTEMPTS.forEach(System.out::println);
            System.out.println(ATTEMPTS.size() + " attempts");
        }

        private interface Attempt {
            Object run() throws Exception;
        }

        private static void attempt(Attempt attempt) {
            try {
                attempt.run();
            } catch (Exception refused) {
                // that is what the traps do
            }
        }

        private static void useEverything() {
            OpenAutoGlm.diagnostics();
            Device.CUDA.isAvailable();
            attempt(() -> OpenAutoGlm.fromPretrained("openai/clip-vit-base-patch32"));
            try (OpenAutoGlm model = OpenAutoGlm.fromPretrained(TestData.TINY_CLIP)) {
                Logits logits = model.forward(model.encodeImages(List.of(ImageInput.of(TestData.LANDSCAPE))), model.encodeTexts("a cat", "a dog"));
                if (logits.texts() != 2) {
                    throw new AssertionError(logits);
                }
            }
        }

        /** Records and refuses. */
        private static final class RefusingSocket extends java.net.SocketImpl {
            private IOException refuse(Object address) {
                ATTEMPTS.add("socket to " + address);
                return new IOException("refused by the test");
            }

            @Override protected void create(boolean stream) { }

            @Override protected void connect(String host, int port) throws IOException {
                throw refuse(host);
            }

            @Override protected void connect(InetAddress address, int port) throws IOException {
                throw refuse(address);
            }

            @Override protected void connect(SocketAddress address, int timeout) throws IOException {
                throw refuse(address);
            }

            @Override protected void bind(InetAddress host, int port) { }

            @Override protected void listen(int backlog) { }

            @Override protected void accept(java.net.SocketImpl socket) { }

            @Override protected java.io.InputStream getInputStream() throws IOException {
                throw refuse("input");
            }

            @Override protected java.io.OutputStream getOutputStream() throws IOException {
                throw refuse("output");
            }

            @Override protected int available() {
                return 0;
            }

            @Override protected void close() { }

            @Override protected void sendUrgentData(int data) { }

            @Override public void setOption(int option, Object value) { }

            @Override public Object getOption(int option) {
                return 0;
            }
        }
    }
}
