package org.openautoglm;

/**
 * What a model's cache of text beginnings ({@link LoadOptions.Builder#prefixCacheBytes}) did since the model was loaded; all 0 without one.
 *
 * @param lookups distinct texts of all calls
 * @param hits those that began with tokens of the cache
 * @param rowsSaved tokens that were not computed
 * @param bytes native memory that it holds now
 * @param entries beginnings that it keeps now
 * @param evictions of the beginning used longest ago, to make room
 */
public record PrefixCacheStatistics(long lookups, long hits, long rowsSaved, long bytes, long entries, long evictions) { }
