// How an operation spreads its tiles over threads, without knowing whose threads they are.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

namespace oag {

// A reference to a callable that outlives the call it is passed to. Never null, never allocates.
template <class Signature>
class FunctionRef;

template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class Callable, class = std::enable_if_t<!std::is_same_v<std::decay_t<Callable>, FunctionRef>>>
  FunctionRef(Callable&& callable)  // NOLINT: implicit like std::function
      : object_(const_cast<void*>(static_cast<const void*>(&callable))), call_([](void* object, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<Callable>*>(object))(std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

 private:
  void* object_;
  Result (*call_)(void*, Arguments...);
};

class Parallel {
 public:
  virtual ~Parallel() = default;

  // The most threads that work on one call of run, the caller included.
  virtual int threads() const = 0;

  // Calls body(task, slot) once for each task in [0, tasks), in any order, on the caller and on workers, and returns when all are done.
  // `slot` in [0, threads()) is held by one thread at a time: it selects per-thread scratch. Any number of callers at once. If bodies
  // throw, remaining tasks may be skipped and one of the errors is rethrown here.
  virtual void run(int64_t tasks, FunctionRef<void(int64_t task, int slot)> body) = 0;

  // While it lives its owner keeps a CPU busy, between its calls of run too, so that workers leave it one.
  class Busy {
   public:
    explicit Busy(Parallel& parallel) : parallel_(parallel) { parallel_.add_busy(1); }
    ~Busy() { parallel_.add_busy(-1); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

   private:
    Parallel& parallel_;
  };

 private:
  virtual void add_busy(int /*callers*/) {}
};

}  // namespace oag
