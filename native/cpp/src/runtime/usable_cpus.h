// How many CPUs this process may use: its affinity, and the CPU time that a container grants it.
#pragma once

#include <string>

namespace oag {

struct UsableCpus {
  int count = 1;
  std::string reason;  // "the affinity mask names 8 CPUs" or "the CPU limit 1.5 of /sys/fs/cgroup/cpu.max, rounded up"
};

// The smaller of the two, at least 1. Read anew at each call: a limit may change. Never throws but std::bad_alloc.
UsableCpus usable_cpus();

// The smallest limit of this process's control group and those above it, rounded up to whole CPUs: quota over period of cpu.max (cgroup v2) or
// cpu.cfs_quota_us (v1), as docker's --cpus and Kubernetes' limits.cpu set them (Documentation/admin-guide/cgroup-v2.rst of Linux). 0 without one. Files are
// looked for under `root`, which is empty but in tests; what is missing or is not as documented counts as no limit.
UsableCpus cpu_limit(const std::string& root);

}  // namespace oag
