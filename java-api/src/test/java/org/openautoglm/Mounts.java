package org.openautoglm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Commands that see a file system of their own: mounted in a namespace that ends with the command, so that nothing is left. */
final class Mounts {
    private static final String[][] NAMESPACES = {{"unshare", "--mount"}, {"unshare", "--mount", "--map-root-user"}}; // as root, and as anybody

    private Mounts() { }

    /**
     * The command with a tmpfs on a folder.
     *
     * @param options of the mount, such as {@code size=1m}
     * @return empty where this user may not mount
     */
    static Optional<List<String>> withTmpfs(Path folder, String options, List<String> command) throws IOException, InterruptedException {
        for (String[] namespace : NAMESPACES) {
            List<String> mounting = new ArrayList<>(List.of(namespace));
            mounting.addAll(List.of("sh", "-c", "mount -t tmpfs -o \"$1\" none \"$2\" && shift 2 && exec \"$@\"", "sh", options, folder.toString()));
            List<String> probe = new ArrayList<>(mounting);
            probe.add("true");
            try {
                if (new ProcessBuilder(probe).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0) {
                    mounting.addAll(command);
                    return Optional.of(mounting);
                }
            } catch (IOException noUnshare) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** A folder of this machine from which no code may be run, and which can be written to: in containers /dev/shm, on others /run/lock. */
    static Optional<Path> noexecFolder() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ");
            Path folder = Path.of(fields[1].replace("\\040", " "));
            if (List.of(fields[3].split(",")).contains("noexec") && fields[2].equals("tmpfs") && Files.isWritable(folder)) {
                return Optional.of(folder);
            }
        }
        return Optional.empty();
    }
}
