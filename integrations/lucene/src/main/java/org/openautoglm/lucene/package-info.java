/** Embeddings in a Lucene index: {@link org.openautoglm.lucene.LuceneFeatures} makes its fields and queries. */
package org.openautoglm.lucene;
