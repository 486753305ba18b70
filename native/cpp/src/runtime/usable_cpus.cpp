#include "runtime/usable_cpus.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <sched.h>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace oag {
namespace {

// One hierarchy of control groups: where it is mounted, and which of its groups the mount's top is.
struct Mount {
  bool v2;
  std::string top, folder;
};

// Empty when it cannot be read. (A stream would take a lack of memory for the end of the file.)
std::string contents(const std::string& path) {
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  struct Closed {
    int file;
    ~Closed() { close(file); }
  } const closed{file};
  char piece[4096];
  for (ssize_t count; (count = read(file, piece, sizeof piece)) > 0 && text.size() < (size_t{1} << 20);) text.append(piece, static_cast<size_t>(count));
  return text;
}

// What single characters of `separator` divide.
std::vector<std::string> parts(std::string_view text, char separator) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    all.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

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
  for (const std::string& line : parts(contents(root + "/proc/self/mountinfo"), '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> before = parts(line.substr(0, dash), ' '), behind = parts(line.substr(dash + 3), ' ');
    if (before.size() < 5 || behind.size() < 3) continue;
    const std::string &top = before[3], &folder = before[4], &type = behind[0], &options = behind[2];
    if (type == "cgroup2" || (type == "cgroup" && names(options, "cpu"))) mounts.push_back({type == "cgroup2", unescaped(top), unescaped(folder)});
  }
  return mounts;
}

// The group of this process in a hierarchy: "0::/user.slice" (v2), "4:cpu,cpuacct:/docker/…" (v1).
std::optional<std::string> own_group(const std::string& root, bool v2) {
  for (const std::string& line : parts(contents(root + "/proc/self/cgroup"), '\n')) {
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
  const std::string file = folder + (v2 ? "/cpu.max" : "/cpu.cfs_quota_us"), text = contents(root + file);
  char* behind = nullptr;
  const double quota = std::strtod(text.c_str(), &behind);  // 0: "max"
  const double period = v2 ? std::strtod(behind, nullptr) : std::strtod(contents(root + folder + "/cpu.cfs_period_us").c_str(), nullptr);
  if (!(quota > 0) || !(period > 0) || !std::isfinite(quota / period)) return std::nullopt;  // -1: none
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
