#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <type_traits>

#include "core/aligned_buffer.h"
#include "core/parallel.h"

using namespace oag;

namespace {

int call_twice(FunctionRef<int(int)> function) { return function(1) + function(2); }

}  // namespace

TEST_CASE("a function reference calls what it was made from, with its state") {
  int calls = 0;
  auto body = [&](int n) { calls++; return 10 * n; };
  CHECK(call_twice(body) == 30);
  CHECK(calls == 2);
  const auto constant = [](int n) { return n; };
  CHECK(call_twice(constant) == 3);
  CHECK(call_twice([offset = 5](int n) mutable { return offset++ + n; }) == 5 + 1 + 6 + 2);
}

TEST_CASE("a copy of a function reference refers to the callable, not to the reference") {
  int which = 0;
  auto first = [&] { which = 1; };
  auto second = [&] { which = 2; };
  FunctionRef<void()> reference = first;
  FunctionRef<void()> copy = reference;
  reference = second;
  copy();
  CHECK(which == 1);
  reference();
  CHECK(which == 2);
}

TEST_CASE("arguments arrive as they are given") {
  auto take = [](std::unique_ptr<int> value, std::string& text) { text += std::to_string(*value); return text.size(); };
  FunctionRef<size_t(std::unique_ptr<int>, std::string&)> reference = take;
  std::string text = "n";
  CHECK(reference(std::make_unique<int>(42), text) == 3);
  CHECK(text == "n42");
}

TEST_CASE("a buffer is aligned, moves, and grows without holding both") {
  AlignedBuffer buffer(100);
  CHECK(reinterpret_cast<uintptr_t>(buffer.as()) % 64 == 0);
  buffer.as<char>()[99] = 7;
  void* memory = buffer.as();
  buffer.reserve(50);
  CHECK(buffer.as() == memory);
  CHECK(buffer.bytes() == 100);
  AlignedBuffer moved = std::move(buffer);
  CHECK(moved.as() == memory);
  CHECK(moved.as<char>()[99] == 7);
  moved.reserve(5000);
  CHECK(moved.bytes() == 5000);
  CHECK(reinterpret_cast<uintptr_t>(moved.as()) % 64 == 0);
  CHECK(AlignedBuffer(0).as() == nullptr);
  CHECK_FALSE(std::is_copy_constructible_v<AlignedBuffer>);
}
