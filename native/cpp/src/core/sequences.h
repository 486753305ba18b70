// Which packed rows belong to which sequence. Planned once, before a model runs; models pass it on and never look inside.
#pragma once

#include <memory>

#include "core/shape.h"

namespace oag {

class SequenceTable;  // core/sequence_table.h: for planners and executors, not for models

// Handle over `count` sequences packed into `rows` rows, without padding; rows that causal sequences have in common may be there once. The table is absent while a
// model is recorded.
struct Sequences {
  Extent rows;
  Extent count;
  std::shared_ptr<const SequenceTable> table;
};

// Which row of a sequence stands for the whole.
enum class RowChoice : uint8_t {
  first,       // the class token
  last,        // end-of-text: what a causal tower would compute after it is never planned, so it is the last row
};

// How the rows of a sequence become one. The sums are over its n rows x₁ … xₙ.
enum class Pooling : uint8_t {
  first,             // x₁
  last,              // xₙ
  mean,              // Σ xᵢ / n
  max,               // the largest of each column
  mean_sqrt_length,  // Σ xᵢ / √n
  weighted_mean,     // Σ i xᵢ / Σ i
};

const char* name_of(Pooling pooling);

// One row of each sequence, at the position it has there.
Sequences choose_rows(const Sequences& sequences, RowChoice choice);

}  // namespace oag
