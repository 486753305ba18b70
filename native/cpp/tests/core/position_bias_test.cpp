#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/position_bias.h"
#include "support/golden.h"
#include "support/test_data.h"

using namespace oag;

TEST_CASE("buckets of relative positions are those of transformers, each distance") {
  const std::vector<uint8_t> text = test::read_bytes(test::test_data("position-buckets.json"));
  const auto golden = nlohmann::json::parse(text);
  for (const auto& one : golden.at("cases")) {
    const PositionBias bias{.table = {}, .max_distance = one.at("max_distance"), .bidirectional = one.at("bidirectional")};
    const auto expected = one.at("buckets").get<std::vector<int32_t>>();
    const auto span = static_cast<int64_t>(expected.size() / 2);
    CAPTURE(one.at("num_buckets").get<int>());
    CAPTURE(bias.bidirectional);
    CHECK(position_buckets(bias, one.at("num_buckets"), span) == expected);
    // A shorter span is the middle of a longer one.
    const std::vector<int32_t> near = position_buckets(bias, one.at("num_buckets"), 7);
    CHECK(std::equal(near.begin(), near.end(), expected.begin() + span - 7));
  }
}
