package org.openautoglm.benchmarks;

import java.util.List;

/** Cases that share what is costly to open. Owns it until it is closed; its cases must not run afterwards. */
interface Suite extends AutoCloseable {
    List<Case> cases();

    @Override void close();
}
