// The CPU limits of containers, on trees of files as kernels and container runtimes lay them out.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sched.h>

#include "runtime/runtime.h"
#include "support/temp_folder.h"

using namespace oag;
using namespace oag::test;

namespace {

// A machine's /proc and /sys, as far as they are looked at.
class FakeRoot {
 public:
  FakeRoot(const std::string& mountinfo, const std::string& cgroup) {
    write("/proc/self/mountinfo", "23 1 0:21 / /proc rw - proc proc rw\n" + mountinfo);
    write("/proc/self/cgroup", cgroup);
  }
  FakeRoot& write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_.path() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return *this;
  }
  int limit() const { return cpu_limit(folder_.path()).count; }
  std::string reason() const { return cpu_limit(folder_.path()).reason; }

 private:
  TempFolder folder_;
};

const std::string v2_mount = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const std::string v1_mounts =
    "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct\n";

}  // namespace

TEST_CASE("cgroup v2: cpu.max of the own group, rounded up") {
  FakeRoot root(v2_mount, "0::/\n");
  CHECK(root.limit() == 0);  // no file
  struct Case {
    const char* text;
    int cpus;
  };
  for (const Case& c : {Case{"150000 100000\n", 2}, Case{"200000 100000\n", 2}, Case{"200001 100000\n", 3}, Case{"1000 100000\n", 1}, Case{"50000 50000\n", 1},
                        Case{"max 100000\n", 0}, Case{"", 0}, Case{"100000\n", 0}, Case{"100000 0\n", 0}, Case{"-1 100000\n", 0}, Case{"nan nan\n", 0},
                        Case{"99999999999999999999 1\n", 65536}}) {
    CAPTURE(std::string(c.text));
    root.write("/sys/fs/cgroup/cpu.max", c.text);
    CHECK(root.limit() == c.cpus);
  }
  root.write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  CHECK(root.reason() == "the CPU limit 1.5 of /sys/fs/cgroup/cpu.max, rounded up");
}

TEST_CASE("cgroup v2: a limit of any group above holds too, the least one counts") {
  FakeRoot root(v2_mount, "0::/kubepods.slice/pod7/box\n");
  root.write("/sys/fs/cgroup/kubepods.slice/pod7/box/cpu.max", "max 100000\n");
  CHECK(root.limit() == 0);
  root.write("/sys/fs/cgroup/kubepods.slice/pod7/cpu.max", "300000 100000\n").write("/sys/fs/cgroup/kubepods.slice/cpu.max", "800000 100000\n");
  CHECK(root.limit() == 3);
  CHECK(root.reason().find("/sys/fs/cgroup/kubepods.slice/pod7/cpu.max") != std::string::npos);
  root.write("/sys/fs/cgroup/kubepods.slice/cpu.max", "100000 100000\n");
  CHECK(root.limit() == 1);
  root.write("/sys/fs/cgroup/other/cpu.max", "10000 100000\n");  // of a sibling
  CHECK(root.limit() == 1);
}

TEST_CASE("cgroup v1: quota over period of the controller cpu") {
  FakeRoot root(v1_mounts, "5:memory:/docker/a1\n4:cpu,cpuacct:/docker/a1\n");
  const std::string folder = "/sys/fs/cgroup/cpu,cpuacct/docker/a1";
  root.write(folder + "/cpu.cfs_quota_us", "-1\n").write(folder + "/cpu.cfs_period_us", "100000\n");
  CHECK(root.limit() == 0);
  root.write(folder + "/cpu.cfs_quota_us", "250000\n");
  CHECK(root.limit() == 3);
  root.write("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "50000\n").write("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "50000\n");
  CHECK(root.limit() == 1);
  root.write("/proc/self/cgroup", "5:memory:/docker/a1\n3:cpuacct:/docker/a1\n");  // in no group of that controller
  CHECK(root.limit() == 0);
}

TEST_CASE("cgroup v1 in a container that sees only its own group, under the machine's name for it") {
  FakeRoot root("33 31 0:30 /docker/a1 /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "4:cpu:/docker/a1\n");
  root.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n").write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  CHECK(root.limit() == 4);
  root.write("/proc/self/cgroup", "4:cpu:/docker/a1/inner\n");
  root.write("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "200000\n").write("/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
  CHECK(root.limit() == 2);
  root.write("/proc/self/cgroup", "4:cpu:/docker/a17\n");  // another group, whose name begins alike: the mount's top counts
  CHECK(root.limit() == 4);
}

TEST_CASE("both versions side by side, a group outside the namespace, a mount point with blanks") {
  FakeRoot hybrid(v1_mounts + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "1:cpu,cpuacct:/\n0::/\n");
  hybrid.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n").write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  CHECK(hybrid.limit() == 2);

  FakeRoot outside(v2_mount, "0::/../../elsewhere\n");
  outside.write("/sys/fs/cgroup/cpu.max", "100000 100000\n").write("/elsewhere/cpu.max", "700000 100000\n");
  CHECK(outside.limit() == 1);

  FakeRoot blanks("31 23 0:28 / /my\\040groups rw - cgroup2 none rw\n", "0::/a b:c\n");
  blanks.write("/my groups/a b:c/cpu.max", "600000 100000\n");
  CHECK(blanks.limit() == 6);
}

TEST_CASE("files that are missing or not as documented mean no limit") {
  CHECK(cpu_limit("/nowhere").count == 0);
  CHECK(FakeRoot("", "").limit() == 0);
  CHECK(FakeRoot("31 23 0:28 /\n - \n - cgroup2\n31 - cgroup2 x\n\n", "0\n:\n0::\n::::\n").limit() == 0);
  CHECK(FakeRoot(v2_mount + "\\9\n", std::string(100000, '/')).limit() == 0);
}

TEST_CASE("a runtime has as many threads as the affinity mask names CPUs, and says why") {
  CHECK(usable_cpus().count >= 1);
  CHECK_FALSE(usable_cpus().reason.empty());
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) first++;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(usable_cpus().count == 1);
  CHECK(Runtime(RuntimeOptions{.device = Device::host, .plugin_folder = {}}).options().threads == 1);
  CHECK(diagnostics(nullptr).find("\"cpus_usable_reason\":\"the ") != std::string::npos);
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
}
