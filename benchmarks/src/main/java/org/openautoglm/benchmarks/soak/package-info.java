/** A long day in one process: very many calls and load/close cycles, and whether the process grows. benchmarks/soak starts {@link org.openautoglm.benchmarks.soak.Soak}. */
package org.openautoglm.benchmarks.soak;
