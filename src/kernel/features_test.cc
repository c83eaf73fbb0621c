// What BTF promises is loaded: tiny programs by bpf(2), on this machine.
#include "kernel/features.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/fd.h"

namespace podtap::kernel {
namespace {

using Program = std::vector<bpf_insn>;

// Opcodes that this machine's headers (6.1) don't name yet.
constexpr uint8_t kJcond = 0xe5;  // BPF_JMP | BPF_JCOND
constexpr int16_t kSigned = 1;    // `off` of BPF_DIV and BPF_MOD

bpf_insn Insn(int code, int dst, int src, int16_t off, int32_t imm) {
  bpf_insn insn{};
  insn.code = static_cast<uint8_t>(code);
  insn.dst_reg = static_cast<uint8_t>(dst & 0xf);
  insn.src_reg = static_cast<uint8_t>(src & 0xf);
  insn.off = off;
  insn.imm = imm;
  return insn;
}
bpf_insn Set(int dst, int32_t imm) { return Insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm); }
bpf_insn Call(int32_t helper) { return Insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
bpf_insn Exit() { return Insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

// 0, or errno.
int Load(const Program& program, uint32_t type = BPF_PROG_TYPE_SOCKET_FILTER, uint32_t attach = 0,
         uint32_t attach_btf_id = 0) {
  static const char kLicense[] = "GPL";
  bpf_attr attr{};
  attr.prog_type = type;
  attr.expected_attach_type = attach;
  attr.attach_btf_id = attach_btf_id;
  attr.insns = reinterpret_cast<uint64_t>(program.data());
  attr.insn_cnt = static_cast<uint32_t>(program.size());
  attr.license = reinterpret_cast<uint64_t>(kLicense);
  const Fd fd(static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr))));
  return fd.valid() ? 0 : errno;
}

class FeatureLoads : public testing::Test {
 protected:
  void SetUp() override {
    const auto types = kernel_->btf();
    if (!types) GTEST_SKIP() << types.error().Message();
    btf_ = *types;
    if (const int error = Load({Set(0, 0), Exit()}); error == EPERM || error == EACCES)
      GTEST_SKIP() << "BPF programs can't be loaded here: " << std::strerror(error);
  }
  // As a program for the tracepoint sys_enter, where tracing helpers may be used.
  int LoadTracing(const Program& program) {
    const auto type = btf_->Find("btf_trace_sys_enter", BtfKind::kTypedef);
    return type ? Load(program, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, *type) : ENOENT;
  }
  std::unique_ptr<Kernel> kernel_ = MakeKernel();
  const Btf* btf_ = nullptr;
};

TEST_F(FeatureLoads, MayGoto) {
  // Leaves the loop `goto .-1` after some rounds.
  const Program loop = {Set(0, 0), Insn(kJcond, 0, 0, 1, 0), Insn(BPF_JMP | BPF_JA, 0, 0, -2, 0),
                        Exit()};
  EXPECT_EQ(Load(loop) == 0, kernel_->features().may_goto);
}

TEST_F(FeatureLoads, SignedDivision) {
  const Program divide = {Set(0, -7), Set(1, 2),
                          Insn(BPF_ALU64 | BPF_DIV | BPF_X, 0, 1, kSigned, 0), Set(0, 0), Exit()};
  EXPECT_EQ(Load(divide) == 0, kernel_->features().signed_division);
}

TEST_F(FeatureLoads, BootClock) {
  const Program program = {Call(BPF_FUNC_ktime_get_boot_ns), Set(0, 0), Exit()};
  EXPECT_EQ(LoadTracing(program) == 0, kernel_->features().boot_clock);
}

TEST_F(FeatureLoads, CurrentTask) {
  const Program program = {Call(BPF_FUNC_get_current_task_btf), Set(0, 0), Exit()};
  EXPECT_EQ(LoadTracing(program) == 0, kernel_->features().current_task_btf);
}

TEST_F(FeatureLoads, TaskFromPid) {
  const auto find = btf_->Find("bpf_task_from_pid", BtfKind::kFunc);
  const auto release = btf_->Find("bpf_task_release", BtfKind::kFunc);
  ASSERT_EQ(find.has_value(), kernel_->features().task_from_pid);
  if (!find || !release) GTEST_SKIP() << "this kernel has no bpf_task_from_pid";
  const auto kfunc = [](TypeId id) {
    return Insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, static_cast<int32_t>(id));
  };
  const Program program = {Set(1, 1),
                           kfunc(*find),
                           Insn(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
                           Insn(BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0),
                           kfunc(*release),
                           Set(0, 0),
                           Exit()};
  EXPECT_EQ(LoadTracing(program), 0);
}

TEST_F(FeatureLoads, AtomicsThatFetch) {
  constexpr int32_t kFetchAdd = 0x01;
  const Program program = {Set(1, 1), Insn(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0),
                           Insn(BPF_STX | 0xc0 | BPF_DW, 10, 1, -8, kFetchAdd), Set(0, 0), Exit()};
  EXPECT_EQ(Load(program) == 0, kernel_->features().atomic_fetch);
}

TEST_F(FeatureLoads, ProgramsThatUserSpaceRuns) {
  static const char kLicense[] = "GPL";
  const Program program = {Set(0, 0), Exit()};
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attr.insns = reinterpret_cast<uint64_t>(program.data());
  attr.insn_cnt = static_cast<uint32_t>(program.size());
  attr.license = reinterpret_cast<uint64_t>(kLicense);
  const Fd fd(static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr))));
  ASSERT_TRUE(fd.valid()) << std::strerror(errno);
  bpf_attr run{};
  run.test.prog_fd = static_cast<uint32_t>(fd.get());
  EXPECT_EQ(::syscall(SYS_bpf, BPF_PROG_TEST_RUN, &run, sizeof(run)) == 0,
            kernel_->features().run_programs);
}

TEST_F(FeatureLoads, MapsOfTheirKind) {
  bpf_attr ring{};
  ring.map_type = BPF_MAP_TYPE_RINGBUF;
  ring.max_entries = 4096;
  const Fd ring_fd(static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &ring, sizeof(ring))));
  EXPECT_EQ(ring_fd.valid(), kernel_->features().ring_buffer);
  bpf_attr array{};
  array.map_type = BPF_MAP_TYPE_ARRAY;
  array.key_size = 4;
  array.value_size = 8;
  array.max_entries = 1;
  array.map_flags = BPF_F_MMAPABLE;
  const Fd array_fd(static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &array, sizeof(array))));
  EXPECT_EQ(array_fd.valid(), kernel_->features().mmapable_arrays);
}

}  // namespace
}  // namespace podtap::kernel
