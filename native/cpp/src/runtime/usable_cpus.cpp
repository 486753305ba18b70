#include "runtime/usable_cpus.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sched.h>
#include <sstream>
#include <thread>
#include <vector>

namespace oag {
namespace {

// One hierarchy of control groups: where it is mounted, and which of its groups the mount's top is.
struct Mount {
  bool v2;
  std::string top, folder;
};

// /proc/…/mountinfo writes blanks and backslashes as \040.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Whether `name` is one of the words that commas divide.
bool names(const std::string& list, const std::string& name) { return ("," + list + ",").find("," + name + ",") != std::string::npos; }

// "31 23 0:28 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct" (proc(5))
std::vector<Mount> cgroup_mounts(const std::string& root) {
  std::vector<Mount> mounts;
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line), behind(line.substr(dash + 3));
    std::string id, parent, device, top, folder, type, source, options;
    before >> id >> parent >> device >> top >> folder;
    behind >> type >> source >> options;
    if (type == "cgroup2" || (type == "cgroup" && names(options, "cpu"))) mounts.push_back({type == "cgroup2", unescaped(top), unescaped(folder)});
  }
  return mounts;
}

// The group of this process in a hierarchy: "0::/user.slice" (v2), "4:cpu,cpuacct:/docker/…" (v1).
std::optional<std::string> own_group(const std::string& root, bool v2) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (v2 ? line.compare(0, first, "0") == 0 && controllers.empty() : names(controllers, "cpu")) return line.substr(second + 1);
  }
  return std::nullopt;
}

struct Limit {
  double cpus;
  std::string file;
};

std::optional<Limit> limit_of(const std::string& root, const std::string& folder, bool v2) {
  double quota = 0, period = 0;
  const std::string file = folder + (v2 ? "/cpu.max" : "/cpu.cfs_quota_us");
  std::ifstream first(root + file);
  first >> quota;  // not a number: "max"
  if (v2) first >> period;
  else std::ifstream(root + folder + "/cpu.cfs_period_us") >> period;
  if (!(quota > 0) || !(period > 0)) return std::nullopt;  // -1: none
  return Limit{quota / period, file};
}

// The limits of a group and of all above it, up to the top of the mount: each of them holds.
std::optional<Limit> least_limit(const std::string& root, const Mount& mount, const std::string& group) {
  // In a container without a namespace of its own for control groups, the group is named from the machine's top, and the mount shows it alone.
  std::string below;
  const std::string top = mount.top == "/" ? "" : mount.top;
  if (group.compare(0, top.size(), top) == 0 && (group.size() == top.size() || group[top.size()] == '/')) below = group.substr(top.size());
  if (below.find("/..") != std::string::npos) below.clear();  // a group outside this namespace: only the mount's top is seen
  while (!below.empty() && below.back() == '/') below.pop_back();
  std::optional<Limit> least;
  for (;;) {
    const auto limit = limit_of(root, mount.folder + below, mount.v2);
    if (limit && (!least || limit->cpus < least->cpus)) least = limit;
    if (below.empty()) return least;
    below.resize(below.rfind('/') == std::string::npos ? 0 : below.rfind('/'));
  }
}

int cpus_of_affinity() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) return std::max(1, CPU_COUNT(&cpus));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));  // more CPUs than a cpu_set_t names
}

}  // namespace

UsableCpus cpu_limit(const std::string& root) {
  std::optional<Limit> least;
  for (const Mount& mount : cgroup_mounts(root)) {
    const auto group = own_group(root, mount.v2);
    if (!group) continue;
    const auto limit = least_limit(root, mount, *group);
    if (limit && (!least || limit->cpus < least->cpus)) least = limit;
  }
  if (!least) return {0, ""};
  char cpus[32];
  std::snprintf(cpus, sizeof cpus, "%.4g", least->cpus);
  return {static_cast<int>(std::min(std::ceil(least->cpus), 65536.0)), std::string("the CPU limit ") + cpus + " of " + least->file + ", rounded up"};
}

UsableCpus usable_cpus() {
  const int affinity = cpus_of_affinity();
  const UsableCpus limit = cpu_limit("");
  if (limit.count > 0 && limit.count < affinity) return limit;
  return {affinity, "the affinity mask names " + std::to_string(affinity) + (affinity == 1 ? " CPU" : " CPUs")};
}

}  // namespace oag
