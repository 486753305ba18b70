#include <doctest/doctest.h>

#include <random>

#include "core/arena.h"

using namespace oag;

namespace {

bool live_together(const Lifetime& a, const Lifetime& b) { return a.born <= b.dies && b.born <= a.dies; }

// What a plan must hold for any lifetimes; the first breach in words.
std::string fault(const std::vector<Lifetime>& lives, const ArenaPlan& plan) {
  if (plan.offsets.size() != lives.size()) return "not one offset per tensor";
  int64_t sum = 0;
  for (size_t a = 0; a < lives.size(); a++) {
    sum += (lives[a].bytes + arena_alignment - 1) / arena_alignment * arena_alignment;
    if (plan.offsets[a] < 0 || plan.offsets[a] % arena_alignment != 0) return "tensor " + std::to_string(a) + " is not aligned";
    if (plan.offsets[a] + lives[a].bytes > plan.bytes) return "tensor " + std::to_string(a) + " ends outside";
    for (size_t b = 0; b < a; b++)
      if (live_together(lives[a], lives[b]) && plan.offsets[a] < plan.offsets[b] + lives[b].bytes && plan.offsets[b] < plan.offsets[a] + lives[a].bytes)
        return "tensors " + std::to_string(b) + " and " + std::to_string(a) + " share bytes while both live";
  }
  return plan.bytes > sum ? "more bytes than without sharing" : "";
}

}  // namespace

TEST_CASE("tensors that live at the same time never share bytes, whatever their sizes and lives") {
  std::mt19937 random(7);
  auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int round = 0; round < 300; round++) {
    std::vector<Lifetime> lives(static_cast<size_t>(below(40)));
    const int64_t operations = 1 + below(30), largest = 1 + below(5000);
    for (Lifetime& life : lives) {
      life.born = below(operations);
      life.dies = life.born + below(operations - life.born + 1);
      life.bytes = below(largest);
    }
    CAPTURE(round);
    CHECK(fault(lives, plan_arena(lives)) == "");
  }
}

TEST_CASE("a chain of operations needs two buffers, however long it is") {
  std::vector<Lifetime> chain;
  for (int64_t i = 0; i < 50; i++) chain.push_back({1024, i, i + 1});
  CHECK(plan_arena(chain).bytes == 2048);
}

TEST_CASE("an operation's inputs and its output lie apart") {
  const ArenaPlan plan = plan_arena({{64, 0, 1}, {64, 0, 1}, {64, 1, 2}});
  CHECK(plan.bytes == 192);
}

TEST_CASE("a gap below is filled") {
  // The tensor at the bottom dies; a smaller one then takes its place beside the one that lives on.
  const ArenaPlan plan = plan_arena({{4096, 0, 1}, {2048, 0, 5}, {1024, 2, 5}, {1024, 2, 5}});
  CHECK(plan.bytes == 4096 + 2048);
}

TEST_CASE("nothing needs nothing") {
  CHECK(plan_arena({}).bytes == 0);
  CHECK(plan_arena({{0, 0, 3}}).bytes == 0);
}
