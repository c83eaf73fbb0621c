// The floor of any tracer: an empty program, `return 0`, on the BTF tracepoint
// signal_generate. Prints "armed" and stays until its stdin ends.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};

int Fail(const char* what) {
  std::fprintf(stderr, "empty_tp: can't %s: %s\n", what, std::strerror(errno));
  return 1;
}

}  // namespace

int main() {
  const std::unique_ptr<btf, FreeBtf> types(btf__load_vmlinux_btf());
  if (!types) return Fail("load the kernel's types");
  const int id = btf__find_by_name_kind(types.get(), "btf_trace_signal_generate", BTF_KIND_TYPEDEF);
  if (id < 0) return Fail("find signal_generate");

  const std::array<bpf_insn, 2> program = {{
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  }};
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP,
              .attach_btf_id = static_cast<__u32>(id));
  const int loaded = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty_tp", "GPL", program.data(),
                                   program.size(), &options);
  if (loaded < 0) return Fail("load the program");
  if (bpf_raw_tracepoint_open(nullptr, loaded) < 0) return Fail("attach it");

  std::puts("armed");
  std::fflush(stdout);
  char byte = 0;
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}
