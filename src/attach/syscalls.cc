#include "attach/syscalls.h"

#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace podtap::attach {
namespace {

// libbpf's bpf_map_create() and bpf_prog_load() first load programs of their own
// to find out what the kernel can do, which costs as much as loading ours.
int Bpf(bpf_cmd command, bpf_attr& attr) {
  return static_cast<int>(syscall(SYS_bpf, command, &attr, sizeof(attr)));
}

uint64_t Pointer(const void* to) { return reinterpret_cast<uint64_t>(to); }

void SetName(char (&to)[BPF_OBJ_NAME_LEN], std::string_view name) {
  std::memcpy(to, name.data(), std::min(name.size(), sizeof(to) - 1));
}

}  // namespace

void RaiseMemlock() {
  const rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) errno = 0;
}

std::string PrivilegeRemedy() { return "run it as root or with CAP_BPF and CAP_PERFMON"; }

Result<Fd> MakeMap(const MapSpec& spec) {
  bpf_attr attr{};
  attr.map_type = spec.type;
  attr.key_size = spec.key_size;
  attr.value_size = spec.value_size;
  attr.max_entries = spec.max_entries;
  attr.map_flags = spec.flags;
  SetName(attr.map_name, spec.name);
  const int fd = Bpf(BPF_MAP_CREATE, attr);
  if (fd >= 0) return Fd(fd);
  const int error = errno;
  if (spec.type == BPF_MAP_TYPE_RINGBUF && error == EINVAL) {
    Error unsupported = SystemError("make the ring buffer", "", error);
    unsupported.kind = ErrorKind::kUnsupported;
    unsupported.remedy = "podtap needs BPF ring buffers, which Linux has since 5.8";
    return std::unexpected(std::move(unsupported));
  }
  return std::unexpected(
      SystemError("make the BPF map", spec.name, error, error == EPERM ? PrivilegeRemedy() : ""));
}

Result<Fd> LoadBtf(std::span<const uint8_t> blob) {
  bpf_attr attr{};
  attr.btf = Pointer(blob.data());
  attr.btf_size = static_cast<uint32_t>(blob.size());
  const int fd = Bpf(BPF_BTF_LOAD, attr);
  if (fd >= 0) return Fd(fd);
  return std::unexpected(
      SystemError("load the line information", "", errno, errno == EPERM ? PrivilegeRemedy() : ""));
}

Fd LoadProgram(const ProgramSpec& spec, std::span<char> log, int& error_number) {
  bpf_attr attr{};
  attr.prog_type = spec.type;
  attr.insns = Pointer(spec.insns.data());  // bpf::Insn has the layout of struct bpf_insn
  attr.insn_cnt = static_cast<uint32_t>(spec.insns.size());
  attr.license = Pointer("GPL");
  attr.prog_flags = spec.flags;
  SetName(attr.prog_name, spec.name);
  attr.expected_attach_type = spec.expected_attach_type;
  attr.attach_btf_id = spec.attach_btf_id;
  if (spec.btf_fd >= 0) {
    attr.prog_btf_fd = static_cast<uint32_t>(spec.btf_fd);
    attr.func_info = Pointer(spec.functions.data());
    attr.func_info_cnt = static_cast<uint32_t>(spec.functions.size());
    attr.func_info_rec_size = sizeof(FuncRecord);
    attr.line_info = Pointer(spec.lines.data());
    attr.line_info_cnt = static_cast<uint32_t>(spec.lines.size());
    attr.line_info_rec_size = sizeof(LineRecord);
  }
  if (!log.empty()) {
    attr.log_level = 1;
    attr.log_buf = Pointer(log.data());
    attr.log_size = static_cast<uint32_t>(log.size());
  }
  // EAGAIN: a signal interrupted the verifier.
  int fd = -1;
  for (int tries = 0; tries < 5; tries++) {
    fd = Bpf(BPF_PROG_LOAD, attr);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  error_number = fd >= 0 ? 0 : errno;
  return Fd(fd);
}

}  // namespace podtap::attach
