/**
 * Ours beside its peers in one process. A {@link org.openautoglm.benchmarks.Suite} opens models and yields
 * {@link org.openautoglm.benchmarks.Case}s; {@link org.openautoglm.benchmarks.SideBySide} checks and times a case;
 * {@link org.openautoglm.benchmarks.ResultFiles} keeps the {@link org.openautoglm.benchmarks.Row}s.
 */
package org.openautoglm.benchmarks;
