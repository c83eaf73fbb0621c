#include "cli/user_host.h"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <random>

namespace podtap::cli {
namespace {

int64_t ClockNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t OwnRandom() {
  static std::mt19937 generator{std::random_device{}()};
  return static_cast<int64_t>(generator());
}

}  // namespace

void PrintScriptError(const ir::Module& module, uint32_t program, ir::SiteId site,
                      std::string_view message) {
  std::string text = "ERROR: " + print::EscapeControls(message);
  if (site < module.sites.size()) text += " near " + module.sites[site].near;
  if (program < module.programs.size()) text += " in probe " + module.programs[program].name;
  text += "\n";
  std::fputs(text.c_str(), stderr);
}

void PrintScriptWarning(std::string_view message) {
  std::fputs(("WARNING: " + print::EscapeControls(message) + "\n").c_str(), stderr);
}

UserHost::UserHost(const ir::Module& module, kernel::Kernel& kernel, print::Printer& printer,
                   SessionState& state, int64_t target_pid)
    : module_(module), kernel_(kernel), printer_(printer), state_(state), target_pid_(target_pid) {}

attach::KernelReader& UserHost::reader() {
  if (!reader_) reader_ = attach::KernelReader::Make(kernel_);
  return *reader_;
}

bool UserHost::Interrupted() {
  pollfd fd{signals_fd_, POLLIN, 0};
  return signals_fd_ >= 0 && poll(&fd, 1, 0) > 0;
}

int64_t UserHost::Context(ir::ContextValue which) {
  using C = ir::ContextValue;
  switch (which) {
    case C::kPid:
      return getpid();
    case C::kTid:
      return gettid();
    case C::kUid:
      return getuid();
    case C::kGid:
      return getgid();
    case C::kCpu:
      return sched_getcpu();
    case C::kMonotonicNs:
      return ClockNs(CLOCK_MONOTONIC);
    case C::kBootNs:
      return ClockNs(CLOCK_BOOTTIME);
    case C::kRealNs:
      return ClockNs(CLOCK_REALTIME);
    case C::kJiffies:
      return ClockNs(CLOCK_MONOTONIC) / (1'000'000'000 / kernel_.hz());
    case C::kCycles:
      return ClockNs(CLOCK_MONOTONIC);
    case C::kRandom:
      return OwnRandom();
    case C::kCurrentTask:
      return static_cast<int64_t>(reader().CurrentTask());
    case C::kTarget:
      return target_pid_;
    default:
      return 0;
  }
}

std::string UserHost::Comm() {
  std::ifstream file("/proc/self/comm");
  std::string comm;
  std::getline(file, comm);
  return comm;
}

bool UserHost::ReadKernel(uint64_t address, void* to, uint32_t size) {
  return reader().Read(address, to, size);
}

bool UserHost::ReadUser(uint64_t address, void* to, uint32_t size) {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(address), size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

uint64_t UserHost::TaskFromPid(int64_t pid) { return reader().TaskFromPid(pid); }

UserHost::TaskOffsets UserHost::task_offsets() {
  TaskOffsets offsets;
  const auto types = kernel_.btf();
  if (!types) return offsets;
  const auto task = (*types)->FindStruct("task_struct");
  if (!task) return offsets;
  const auto at = [&](std::string_view name) -> uint32_t {
    const auto member = (*types)->FindMember(*task, name);
    return member ? member->offset : 0;
  };
  offsets.comm = at("comm");
  offsets.real_parent = at("real_parent");
  offsets.start_boottime = at("start_boottime");
  if (offsets.start_boottime == 0) offsets.start_boottime = at("real_start_time");
  return offsets;
}

print::Origin UserHost::OriginOf(uint32_t program) const {
  return {.time_ns = static_cast<uint64_t>(ClockNs(CLOCK_BOOTTIME)),
          .program = program,
          .cpu = static_cast<uint32_t>(sched_getcpu()),
          .pid = static_cast<uint32_t>(getpid())};
}

void UserHost::Print(uint32_t program, std::string_view text) {
  printer_.Text(OriginOf(program), text);
}

void UserHost::Event(uint32_t program, uint32_t event, std::span<const ir::FormatValue> values) {
  printer_.Event(OriginOf(program), module_.events[event], values);
}

void UserHost::Exit() { state_.exit_asked = true; }

void UserHost::Error(uint32_t program, ir::SiteId site, std::string_view message) {
  printer_.Flush();
  state_.errors++;
  PrintScriptError(module_, program, site, message);
}

void UserHost::Warn(std::string_view message) {
  printer_.Flush();
  PrintScriptWarning(message);
}

void UserHost::Log(std::string_view message) {
  printer_.Text(OriginOf(0), std::string(message) + "\n");
}

}  // namespace podtap::cli
