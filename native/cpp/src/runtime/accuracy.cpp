#include "runtime/accuracy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace oag {
namespace {

double cosine(const float* a, const float* b, int64_t width) {
  double ab = 0, aa = 0, bb = 0;
  for (int64_t i = 0; i < width; i++) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  if (aa == 0 && bb == 0) return 1;  // both zero: equal
  const double value = ab / (std::sqrt(aa) * std::sqrt(bb));
  return std::isfinite(value) ? std::clamp(value, -1.0, 1.0) : 0;
}

std::optional<TowerAccuracy> compare_tower(const std::vector<float>& fp32, const std::vector<float>& other, int64_t width) {
  const auto rows = static_cast<int64_t>(fp32.size()) / std::max<int64_t>(1, width);
  if (rows == 0) return std::nullopt;
  TowerAccuracy tower;
  double sum = 0;
  for (int64_t i = 0; i < rows; i++) {
    const double own = other.size() == fp32.size() ? cosine(&fp32[static_cast<size_t>(i * width)], &other[static_cast<size_t>(i * width)], width) : 0;
    tower.least = std::min(tower.least, own);
    sum += own;
    for (int64_t j = 0; j < i; j++)
      tower.alike = std::max(tower.alike, cosine(&fp32[static_cast<size_t>(i * width)], &fp32[static_cast<size_t>(j * width)], width));
  }
  tower.mean = sum / static_cast<double>(rows);
  return tower;
}

}  // namespace

double Accuracy::least() const {
  double least = 1;
  for (const auto& tower : {images, texts})
    if (tower) least = std::min(least, tower->least);
  return least;
}

std::string Accuracy::text() const {
  std::string all = "least cosine with fp32: ";
  if (images) all += cosine_text(images->least) + " over the pictures";
  if (texts) all += (images ? ", " : "") + cosine_text(texts->least) + " over the texts";
  return all;
}

Accuracy compare(const SampleEmbeddings& fp32, const SampleEmbeddings& other) {
  return {compare_tower(fp32.images, other.images, fp32.width), compare_tower(fp32.texts, other.texts, fp32.width)};
}

double required_cosine(Precision precision) {
  switch (precision) {
    case Precision::int8: return 0.99;
    case Precision::bf16:
    case Precision::fp16: return 0.999;
    default: return 1;
  }
}

std::string cosine_text(double cosine) {
  // Floored at the sixth digit: 0.98999999 is not 0.99.
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", std::floor(cosine * 1e6 + 1e-6) / 1e6);
  return text;
}

}  // namespace oag
