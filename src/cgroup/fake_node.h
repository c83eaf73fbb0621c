// A node of plain files in a temporary folder, for tests.
//
// What enters: which cgroups there are, what their files say, which processes are in
// them. What leaves: a Tree over them, made by the code that reads the real ones.
// Inode numbers are the folder's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cgroup/tree.h"

namespace podtap::cgroup {

class FakeNode {
 public:
  explicit FakeNode(Version version);
  ~FakeNode();
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  // Makes the cgroup in both hierarchies, or in one, and its parents.
  void AddCgroup(const std::string& path);
  void AddCgroup(Hierarchy hierarchy, const std::string& path);
  void RemoveCgroup(const std::string& path);
  void Write(Hierarchy hierarchy, const std::string& path, const std::string& file,
             const std::string& text);
  // A process with /proc/PID/cgroup, and a line in each cgroup.procs.
  void AddProcess(int32_t pid, const std::string& path);
  void WriteProcess(int32_t pid, const std::string& file, const std::string& text);
  // As AddProcess, in the memory hierarchy alone; in that of ids it is at the top.
  void AddProcessToMemoryAlone(int32_t pid, const std::string& path);

  std::unique_ptr<Tree> Open() const;
  // The host's root: run/ and var/ can be made in it.
  const std::string& folder() const { return folder_; }
  HostRoot root() const { return HostRoot(folder_); }
  NodeFiles files() const;

 private:
  std::string Point(Hierarchy hierarchy) const;
  void AddLine(Hierarchy hierarchy, const std::string& path, int32_t pid) const;

  Version version_;
  std::string folder_;
};

}  // namespace podtap::cgroup
