// Scores of all pairs of vectors that the caller holds, in fp32. A score depends on its two vectors alone: not on threads, nor on what else is scored.
#pragma once

#include <cstdint>

#include "core/parallel.h"
#include "search/rows.h"

namespace oag::search {

// A dense matrix of the caller's: `count` vectors of `width` floats, row after row.
struct Vectors {
  const float* values;
  int64_t count;
  int64_t width;
};

// scores [a.count, b.count]: a dot product, a cosine (0 where a vector is zero), or the Euclidean distance, which is the only one that is lower
// for what is nearer. Error(invalid_argument) naming "a[i]" or "b[i]" where a vector is not finite or its products overflow.
void similarity(const ScoreKernels& kernels, Parallel& threads, Metric metric, const Vectors& a, const Vectors& b, float* scores);

// scores [a.count, b.count] = aᵀ · matrix · b for a matrix [a.width, b.width].
void bilinear(const ScoreKernels& kernels, Parallel& threads, const Vectors& a, const float* matrix, const Vectors& b, float* scores);

// Late interaction (Khattab & Zaharia 2020, ColBERT; Yao et al. 2021, FILIP): scores [document_count], each Σ over the query's vectors of the largest dot
// product with a vector of the document. Document i is documents.values[offsets[i] … offsets[i + 1]), one vector or more. Normalise both
// for a sum of cosines.
void max_similarity(const ScoreKernels& kernels, Parallel& threads, const Vectors& query, const Vectors& documents, const int64_t* offsets,
                    int64_t document_count, float* scores);

}  // namespace oag::search
