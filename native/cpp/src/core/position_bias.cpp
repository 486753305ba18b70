#include "core/position_bias.h"

#include <algorithm>
#include <cmath>

namespace oag {

std::vector<int32_t> position_buckets(const PositionBias& bias, int64_t buckets, int64_t span) {
  const int64_t per_side = bias.bidirectional ? buckets / 2 : buckets, exact = per_side / 2;
  const float scale = static_cast<float>(std::log(static_cast<double>(bias.max_distance) / static_cast<double>(exact)));
  std::vector<int32_t> all;
  all.reserve(static_cast<size_t>(2 * span + 1));
  for (int64_t distance = -span; distance <= span; distance++) {
    const int64_t side = bias.bidirectional && distance > 0 ? per_side : 0;
    const int64_t far = bias.bidirectional ? std::abs(distance) : std::max<int64_t>(-distance, 0);
    int64_t bucket = far;
    if (far >= exact) {
      const float logarithm = std::log(static_cast<float>(far) / static_cast<float>(exact)) / scale * static_cast<float>(per_side - exact);
      bucket = std::min(exact + static_cast<int64_t>(logarithm), per_side - 1);
    }
    all.push_back(static_cast<int32_t>(side + bucket));
  }
  return all;
}

}  // namespace oag
