// How close a precision comes to fp32: the cosines of the samples' embeddings, and what is close enough.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/precision.h"

namespace oag {

// The embeddings of the built-in samples, raw; a tower that the model does not have leaves none.
struct SampleEmbeddings {
  int64_t width = 0;
  std::vector<float> images;  // [pictures, width]
  std::vector<float> texts;   // [texts, width]
};

// Of one tower, over its samples.
struct TowerAccuracy {
  double least = 1;  // cosine with the fp32 embedding; a NaN counts as 0
  double mean = 1;
  double alike = 0;  // the largest cosine between the fp32 embeddings of two different samples: near 1, the samples tell little about this model

  friend bool operator==(const TowerAccuracy&, const TowerAccuracy&) = default;
};

struct Accuracy {
  std::optional<TowerAccuracy> images, texts;

  double least() const;      // over both towers
  std::string text() const;  // "least cosine with fp32: 0.99987 over the pictures, 0.99991 over the texts"

  friend bool operator==(const Accuracy&, const Accuracy&) = default;
};

Accuracy compare(const SampleEmbeddings& fp32, const SampleEmbeddings& other);

// The least cosine that a precision must have: 0.999 in bf16 and fp16, 0.99 in int8.
double required_cosine(Precision precision);

// A cosine in decimal digits, never rounded up to one that it does not reach: "0.9989", "0.98213".
std::string cosine_text(double cosine);

}  // namespace oag
