// Token ids of texts, made by chance and encoded together or each alone.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "runtime/model.h"

namespace oag::test {

using Texts = std::vector<std::vector<int32_t>>;

inline std::vector<float> encode(const Model& model, const Texts& texts) {
  std::vector<int32_t> ids;
  std::vector<int64_t> offsets{0};
  for (const auto& text : texts) {
    ids.insert(ids.end(), text.begin(), text.end());
    offsets.push_back(static_cast<int64_t>(ids.size()));
  }
  std::vector<float> out(texts.size() * static_cast<size_t>(model.definition().embedding_size()));
  model.encode_texts(ids.data(), offsets.data(), static_cast<int64_t>(texts.size()), out.data());
  return out;
}

inline std::vector<float> encode_each(const Model& model, const Texts& texts) {
  std::vector<float> out;
  for (const auto& text : texts) {
    const std::vector<float> one = encode(model, {text});
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

// Texts of 1 to `longest` tokens that end with the end token (599 of the golden models), most of which begin like an earlier one.
inline Texts random_texts(std::mt19937& random, size_t count, int64_t longest) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  Texts texts;
  while (texts.size() < count) {
    std::vector<int32_t> text{1};
    if (!texts.empty() && below(4)) {
      const auto& like = texts[below(texts.size())];
      text.assign(like.begin(), like.begin() + static_cast<int64_t>(1 + below(like.size())));
      if (text.back() == 599) text.pop_back();
    }
    const size_t room = static_cast<size_t>(longest) - 1 - text.size();
    for (size_t more = room ? below(std::min<size_t>(room, below(8) ? 6 : room) + 1) : 0; more > 0; more--) text.push_back(static_cast<int32_t>(2 + below(590)));
    text.push_back(599);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace oag::test
