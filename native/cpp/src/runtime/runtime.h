// A device, its threads and its memory: what models are loaded into.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/precision.h"
#include "host/kernels/kernels.h"
#include "ops/executor.h"
#include "runtime/allowance.h"
#include "runtime/thread_pool.h"
#include "runtime/turnstile.h"
#include "runtime/usable_cpus.h"
#include "runtime/workspaces.h"

namespace oag {

enum class Device : int { automatic = 0, host = 1, cuda = 2, tensorrt = 3 };  // values of oag_device

const char* name_of(Device device);

// Whether the host's weights and workspaces ask for huge pages. automatic: $OPENAUTOGLM_HUGE_PAGES, else off.
enum class HugePages : int { automatic = 0, off = 1, on = 2 };  // values of oag_huge_pages

struct RuntimeOptions {
  Device device = Device::automatic;       // automatic: $OPENAUTOGLM_DEVICE, else the best that is there
  int isa = 0;                             // 0: $OPENAUTOGLM_ISA, else the best; a host::Isa otherwise
  Precision precision = Precision::automatic;  // of models that ask for none; automatic: $OPENAUTOGLM_PRECISION, else runtime/precision_policy.h chooses
  int threads = 0;                         // 0: usable_cpus()
  int64_t max_tokens = 0;                  // 0: 2048
  int max_passes = 0;                      // 0: max(2, threads)
  int64_t max_image_pixels = 0;            // 0: 178,956,970
  int64_t max_pixels_in_flight = 0;        // 0: 64 Mi
  std::string plugin_folder;               // empty: the folder of this library
  HugePages huge_pages = HugePages::automatic;
};

// One device that was tried.
struct DeviceVerdict {
  Device device;
  std::string refusal;  // empty: usable
};

// Immutable but for its locks; safe from any thread.
class Runtime {
 public:
  explicit Runtime(RuntimeOptions options);  // Error(unsupported, unavailable, invalid_argument) with the reason

  // With every 0 and `automatic` replaced by what was chosen.
  const RuntimeOptions& options() const { return options_; }
  const host::Kernels& kernels() const { return kernels_; }
  const std::vector<DeviceVerdict>& devices() const { return devices_; }
  // Why this device and instruction set: one sentence each.
  const std::string& reason() const { return reason_; }

  // Whether the device has multiply-adds of this format; if not, it computes in it with those of fp32.
  bool computes_natively(Precision precision) const;

  Executor& executor() { return *executor_; }
  ThreadPool& threads() { return threads_; }
  Workspaces& workspaces() { return *workspaces_; }
  Turnstile& pixels_in_flight() { return pixels_in_flight_; }
  Allowance& pictures_ahead() { return pictures_ahead_; }  // batches of pictures that are prepared before their pass begins

 private:
  void choose_device();

  RuntimeOptions options_;
  const host::Kernels& kernels_;
  ThreadPool threads_;
  Turnstile pixels_in_flight_;
  Allowance pictures_ahead_;
  std::vector<DeviceVerdict> devices_;
  std::string reason_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Workspaces> workspaces_;
};

// Everything that decides how this machine is used, as a JSON object. `runtime` may be null: what the default options would give.
std::string diagnostics(const Runtime* runtime);

// The operations per second, a multiply-add being two, that the runtime's threads reach together in registers in fp32, bf16 or int8: the best of several runs, about a
// fifth of a second in all.
double measure_peak(Runtime& runtime, Precision precision = Precision::fp32);

// The folder that this library was loaded from.
std::string library_folder();

}  // namespace oag
