#include "attach/syscalls.h"

#include <bpf/bpf.h>

#include <cerrno>

namespace podtap::attach {

std::string PrivilegeRemedy() {
  return "run it as root or with CAP_BPF and CAP_PERFMON";
}

Result<Fd> MakeMap(const MapSpec& spec) {
  LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = spec.flags);
  const int fd = bpf_map_create(static_cast<bpf_map_type>(spec.type), spec.name, spec.key_size,
                                spec.value_size, spec.max_entries, &opts);
  if (fd >= 0) return Fd(fd);
  const int error = errno;
  if (spec.type == BPF_MAP_TYPE_RINGBUF && error == EINVAL) {
    Error unsupported = SystemError("make the ring buffer", "", error);
    unsupported.kind = ErrorKind::kUnsupported;
    unsupported.remedy = "podtap needs BPF ring buffers, which Linux has since 5.8";
    return std::unexpected(std::move(unsupported));
  }
  return std::unexpected(SystemError("make the BPF map", spec.name, error,
                                     error == EPERM ? PrivilegeRemedy() : ""));
}

Result<Fd> LoadBtf(std::span<const uint8_t> blob) {
  const int fd = bpf_btf_load(blob.data(), blob.size(), nullptr);
  if (fd >= 0) return Fd(fd);
  return std::unexpected(SystemError("load the line information", "", errno,
                                     errno == EPERM ? PrivilegeRemedy() : ""));
}

Fd LoadProgram(const ProgramSpec& spec, std::span<char> log, int& error_number) {
  struct FuncRecord { uint32_t insn = 0, type_id = 0; };
  const FuncRecord func{0, spec.func_type_id};
  LIBBPF_OPTS(bpf_prog_load_opts, opts,
              .expected_attach_type = static_cast<bpf_attach_type>(spec.expected_attach_type),
              .prog_flags = spec.flags, .attach_btf_id = spec.attach_btf_id);
  // Always root's licence terms: the tracing helpers are for GPL programs only.
  if (spec.btf_fd >= 0) {
    opts.prog_btf_fd = static_cast<uint32_t>(spec.btf_fd);
    opts.func_info = &func;
    opts.func_info_cnt = 1;
    opts.func_info_rec_size = sizeof(func);
    opts.line_info = spec.lines.data();
    opts.line_info_cnt = static_cast<uint32_t>(spec.lines.size());
    opts.line_info_rec_size = sizeof(LineRecord);
  }
  if (!log.empty()) {
    opts.log_level = 1;
    opts.log_buf = log.data();
    opts.log_size = static_cast<uint32_t>(log.size());
  }
  // bpf::Insn has the layout of struct bpf_insn (compile.h).
  const auto* insns = reinterpret_cast<const bpf_insn*>(spec.insns.data());
  const int fd = bpf_prog_load(static_cast<bpf_prog_type>(spec.type), spec.name.c_str(), "GPL",
                               insns, spec.insns.size(), &opts);
  error_number = fd >= 0 ? 0 : errno;
  return Fd(fd);
}

}  // namespace podtap::attach
