#include "attach/links.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <variant>

#include "attach/syscalls.h"

namespace podtap::attach {
namespace {

Result<std::vector<Fd>> AttachTracepoint(const ir::Program& program, int program_fd) {
  const int fd = bpf_raw_tracepoint_open(nullptr, program_fd);
  if (fd < 0) {
    return std::unexpected(
        SystemError("attach to", program.name, errno, errno == EPERM ? PrivilegeRemedy() : ""));
  }
  std::vector<Fd> links;
  links.emplace_back(fd);
  return links;
}

Result<std::vector<Fd>> AttachProfile(const ir::Program& program, int64_t hz, int program_fd,
                                      int cpus) {
  std::vector<Fd> links;
  perf_event_attr attr{};
  attr.size = sizeof(attr);
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_CPU_CLOCK;
  attr.freq = 1;
  attr.sample_freq = static_cast<uint64_t>(hz > 0 ? hz : 1);
  for (int cpu = 0; cpu < cpus; cpu++) {
    Fd event(
        static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    // A possible CPU that is offline has no clock to profile by.
    if (!event.valid() && errno == ENODEV) continue;
    if (!event.valid() || ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) != 0 ||
        ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) {
      return std::unexpected(
          SystemError("attach to", program.name, errno,
                      errno == EPERM || errno == EACCES ? PrivilegeRemedy() : ""));
    }
    links.push_back(std::move(event));
  }
  return links;
}

}  // namespace

Result<std::vector<Fd>> AttachProgram(const ir::Program& program, int program_fd, int cpus) {
  if (std::holds_alternative<ir::AttachTracepoint>(program.attach)) {
    return AttachTracepoint(program, program_fd);
  }
  if (const auto* profile = std::get_if<ir::AttachProfile>(&program.attach)) {
    return AttachProfile(program, profile->frequency_hz, program_fd, cpus);
  }
  return std::vector<Fd>();
}

}  // namespace podtap::attach
