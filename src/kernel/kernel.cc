// The running kernel. Everything is found out when it is asked for first.
#include "kernel/kernel.h"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "kernel/cpu_list.h"
#include "kernel/features.h"
#include "kernel/file_identity.h"
#include "kernel/kernel_config.h"
#include "kernel/tracefs.h"

namespace podtap::kernel {
namespace {

constexpr const char* kVmlinux = "/sys/kernel/btf/vmlinux";

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return std::move(text).str();
}

class SystemKernel : public Kernel {
 public:
  Result<const Btf*> btf() override {
    if (!btf_) btf_ = Btf::Open(kVmlinux);
    if (!*btf_) return std::unexpected(btf_->error());
    return (*btf_)->get();
  }

  const Features& features() override {
    if (!features_) {
      const auto types = btf();
      features_ = types ? DetectFeatures(**types) : Features();
    }
    return *features_;
  }

  Result<const std::vector<Tracepoint>*> tracepoints() override {
    if (!tracepoints_) {
      const auto types = btf();
      if (!types) return std::unexpected(types.error());
      std::vector<Tracepoint> events;
      if (const auto tracefs = FindTracefs())
        events = ParseAvailableEvents(ReadText(*tracefs + "/available_events"));
      tracepoints_ = MergeBtfTracepoints(std::move(events), **types);
    }
    return &*tracepoints_;
  }

  bool HasTracepoint(const std::string& subsystem, const std::string& name) override {
    if (tracepoints_) return Kernel::HasTracepoint(subsystem, name);
    // Names become a path: nothing that could lead elsewhere.
    if (subsystem.find('/') != std::string::npos || name.find('/') != std::string::npos ||
        subsystem.empty() || name.empty() || subsystem[0] == '.' || name[0] == '.')
      return false;
    const auto tracefs = FindTracefs();
    return tracefs &&
           ::access((*tracefs + "/events/" + subsystem + "/" + name + "/id").c_str(), F_OK) == 0;
  }

  std::string release() override {
    struct utsname name {};
    return ::uname(&name) == 0 ? name.release : "";
  }

  int cpu_count() override {
    const int possible = CountCpus(ReadText("/sys/devices/system/cpu/possible"));
    if (possible > 0) return possible;
    return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF)));
  }

  // The coarse clocks tick with the jiffies, and their resolution is the
  // kernel's TICK_NSEC: (10^9 + HZ/2) / HZ. (sysconf's ticks are USER_HZ, 100.)
  int64_t hz() override {
    struct timespec tick {};
    constexpr int64_t kSecond = 1'000'000'000;
    if (::clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 && tick.tv_sec == 0 && tick.tv_nsec > 0)
      return (kSecond + tick.tv_nsec / 2) / tick.tv_nsec;
    return 250;  // what most distributions build; no 64-bit Linux comes here
  }

  Result<FileIdentity> IdentifyFile(const std::string& path) override { return IdentifyPath(path); }

  std::map<std::string, std::string> config() override {
    if (!config_) config_ = ReadConfig(release());
    return *config_;
  }

 private:
  std::optional<Result<std::unique_ptr<Btf>>> btf_;
  std::optional<Features> features_;
  std::optional<std::vector<Tracepoint>> tracepoints_;
  std::optional<std::map<std::string, std::string>> config_;
};

}  // namespace

bool Kernel::HasTracepoint(const std::string& subsystem, const std::string& name) {
  const auto all = tracepoints();
  return all && std::ranges::any_of(**all, [&](const Tracepoint& tracepoint) {
           return tracepoint.subsystem == subsystem && tracepoint.name == name;
         });
}

std::unique_ptr<Kernel> MakeKernel() { return std::make_unique<SystemKernel>(); }

}  // namespace podtap::kernel
