// What podtap doctor looks at: a table of small functions.
//
// What enters: the machine. What leaves: a finding a line, with what to do about it. A
// check never fails as such: what it can't see, it says.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/host_root.h"
#include "cgroup/tree.h"
#include "cli/runtime_options.h"
#include "cli/testimony_options.h"
#include "container/endpoint.h"
#include "kernel/kernel.h"

namespace podtap::cli {

enum class Level : uint8_t {
  kOk,
  kWarn,  // podtap works; something is worse than it could be
  kFail,  // podtap watch can't do its work
};

struct Checked {
  Level level = Level::kOk;
  std::string text;
  std::string remedy;  // empty: none is needed
  int status = 0;      // of the command, for kFail
};
Checked Ok(std::string text);
Checked Warn(std::string text, std::string remedy);
Checked Fail(std::string text, std::string remedy, int status);
// An error of a step, with its own remedy if it has one.
Checked FailBy(const Error& error, const std::string& remedy);

// What the checks share. Everything in it may be missing.
struct Patient {
  HostRoot root;
  TestimonyOptions testimony;
  std::chrono::milliseconds patience{};
  std::unique_ptr<kernel::Kernel> kernel;
  std::unique_ptr<cgroup::Tree> tree;  // nullptr: the mounts can't be read
  container::Runtimes runtimes;
};

struct Check {
  const char* name;
  std::vector<Checked> (*run)(Patient& patient);
};
// In the order in which they are printed.
std::span<const Check> Checks();

// doctor_kernel.cc: what the kernel offers.
std::vector<Checked> CheckKernel(Patient& patient);
std::vector<Checked> CheckBtf(Patient& patient);
std::vector<Checked> CheckLockdown(Patient& patient);
std::vector<Checked> CheckTracepoints(Patient& patient);
std::vector<Checked> CheckTracefs(Patient& patient);
std::vector<Checked> CheckBpf(Patient& patient);
// doctor_process.cc: what this process may do and see.
std::vector<Checked> CheckCapabilities(Patient& patient);
std::vector<Checked> CheckMemlock(Patient& patient);
std::vector<Checked> CheckPids(Patient& patient);
std::vector<Checked> CheckRecorder(Patient& patient);
// doctor_node.cc: what runs and lies on the node.
std::vector<Checked> CheckCgroups(Patient& patient);
std::vector<Checked> CheckRuntimes(Patient& patient);
std::vector<Checked> CheckClients(Patient& patient);
std::vector<Checked> CheckKubelet(Patient& patient);
std::vector<Checked> CheckLogs(Patient& patient);
std::vector<Checked> CheckClock(Patient& patient);
std::vector<Checked> CheckStore(Patient& patient);

}  // namespace podtap::cli
