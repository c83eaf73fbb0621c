#include "cgroup/fake_node.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace podtap::cgroup {
namespace {

namespace fs = std::filesystem;

void WriteText(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

FakeNode::FakeNode(Version version) : version_(version) {
  std::string pattern = fs::temp_directory_path() / "podtap-node-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  const auto line = [&](Hierarchy hierarchy, const char* rest) {
    fs::create_directories(Point(hierarchy));
    return "30 20 0:26 / " + Point(hierarchy) + " rw,relatime shared:4 - " + rest + "\n";
  };
  std::string mounts = "20 1 8:1 / / rw - ext4 /dev/vda rw\n";
  std::string own;
  if (version_ == Version::kV2 || version_ == Version::kHybrid) {
    mounts += line(Hierarchy::kIds, "cgroup2 cgroup2 rw,nsdelegate");
    own += "0::/\n";
    Write(Hierarchy::kIds, "/", "cgroup.controllers",
          version_ == Version::kV2 ? "cpuset cpu io memory pids\n" : "\n");
  }
  if (version_ == Version::kV1 || version_ == Version::kHybrid) {
    mounts += line(Hierarchy::kMemory, "cgroup cgroup rw,memory");
    own += "4:memory:/\n";
  }
  WriteText(files().mountinfo, mounts);
  WriteText(files().self_cgroup, own);
}

FakeNode::~FakeNode() { fs::remove_all(folder_); }

NodeFiles FakeNode::files() const {
  return {.mountinfo = folder_ + "/proc/self/mountinfo",
          .self_cgroup = folder_ + "/proc/self/cgroup",
          .proc = folder_ + "/proc"};
}

std::string FakeNode::Point(Hierarchy hierarchy) const {
  std::string top = folder_ + "/sys/fs/cgroup";
  if (version_ == Version::kV2) return top;
  if (version_ == Version::kV1 || hierarchy == Hierarchy::kMemory) return top + "/memory";
  return top + "/unified";
}

void FakeNode::AddCgroup(const std::string& path) {
  AddCgroup(Hierarchy::kIds, path);
  AddCgroup(Hierarchy::kMemory, path);
}

void FakeNode::AddCgroup(Hierarchy hierarchy, const std::string& path) {
  fs::create_directories(Point(hierarchy) + path);
  AddLine(hierarchy, path, 0);
}

void FakeNode::RemoveCgroup(const std::string& path) {
  fs::remove_all(Point(Hierarchy::kIds) + path);
  fs::remove_all(Point(Hierarchy::kMemory) + path);
}

void FakeNode::Write(Hierarchy hierarchy, const std::string& path, const std::string& file,
                     const std::string& text) {
  WriteText(Point(hierarchy) + path + "/" + file, text);
}

void FakeNode::AddLine(Hierarchy hierarchy, const std::string& path, int32_t pid) const {
  std::ofstream procs(Point(hierarchy) + path + "/cgroup.procs", std::ios::app);
  if (pid != 0) procs << pid << "\n";
}

void FakeNode::AddProcess(int32_t pid, const std::string& path) {
  AddCgroup(path);
  AddLine(Hierarchy::kIds, path, pid);
  if (Point(Hierarchy::kIds) != Point(Hierarchy::kMemory)) AddLine(Hierarchy::kMemory, path, pid);
  const std::string lines = (version_ == Version::kV2 ? "" : "4:memory:" + path + "\n") +
                            (version_ == Version::kV1 ? "" : "0::" + path + "\n");
  WriteProcess(pid, "cgroup", lines);
}

void FakeNode::WriteProcess(int32_t pid, const std::string& file, const std::string& text) {
  WriteText(files().proc + "/" + std::to_string(pid) + "/" + file, text);
}

void FakeNode::AddProcessToMemoryAlone(int32_t pid, const std::string& path) {
  AddCgroup(Hierarchy::kMemory, path);
  AddLine(Hierarchy::kMemory, path, pid);
  WriteText(files().proc + "/" + std::to_string(pid) + "/cgroup", "4:memory:" + path + "\n0::/\n");
}

std::unique_ptr<Tree> FakeNode::Open() const {
  auto tree = OpenTree(root(), files());
  if (!tree) std::abort();
  return std::move(*tree);
}

}  // namespace podtap::cgroup
