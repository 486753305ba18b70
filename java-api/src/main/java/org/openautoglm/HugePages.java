package org.openautoglm;

/**
 * Whether weights and workspaces on the host ask the operating system for pages of 2 MiB: fewer misses of the processor's page table cache while weights stream by. Where it
 * gives none they lie on small pages; {@link Backend#reason()} tells what it gave.
 */
public enum HugePages { // in the order of oag_huge_pages
    /** The environment variable {@code OPENAUTOGLM_HUGE_PAGES} (on, off) if it is set, else off. */
    AUTO,
    /** As the operating system does by itself. */
    OFF,
    /** They are asked for. */
    ON
}
