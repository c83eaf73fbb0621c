// The machine, as the recorder asks for it.
#pragma once

#include <memory>
#include <string>

#include "cgroup/tree.h"
#include "recorder/node.h"
#include "recorder/proc_files.h"

namespace podtap::cli {

class SystemNode : public recorder::Node {
 public:
  explicit SystemNode(std::unique_ptr<cgroup::Tree> tree) : tree_(std::move(tree)) {}

  std::vector<recorder::ProcStat> Processes() override { return proc_.All(); }
  std::optional<store::Process> ReadProcess(const store::ProcessKey& key) override;
  std::string Environment(int32_t pid, std::string_view name) override {
    return proc_.Environment(pid, name);
  }
  std::vector<Cgroup> Cgroups() override;
  std::vector<int32_t> ProcessesIn(const std::string& cgroup_path) override;
  recorder::Membership MembershipOf(std::string_view cgroup_path) override;
  std::optional<store::MemoryCounters> Memory(const std::string& cgroup_path) override;

  const cgroup::Tree& tree() const { return *tree_; }
  const recorder::ProcFiles& proc() const { return proc_; }

 private:
  std::unique_ptr<cgroup::Tree> tree_;
  recorder::ProcFiles proc_;
};

}  // namespace podtap::cli
