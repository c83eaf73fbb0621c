// The parts that read the machine's text files, and the machine itself.
#include "kernel/kernel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "kernel/cpu_list.h"
#include "kernel/fake_kernel.h"
#include "kernel/features.h"
#include "kernel/file_identity.h"
#include "kernel/kernel_config.h"
#include "kernel/tracefs.h"

namespace podtap::kernel {
namespace {

constexpr const char* kVmlinux = "/sys/kernel/btf/vmlinux";

TEST(CpuList, CountsToTheHighest) {
  EXPECT_EQ(CountCpus("0\n"), 1);
  EXPECT_EQ(CountCpus("0-3\n"), 4);
  EXPECT_EQ(CountCpus("0-3,8-11"), 12);
  EXPECT_EQ(CountCpus(""), 0);
  EXPECT_EQ(CountCpus("x"), 0);
  EXPECT_EQ(CountCpus("0-99999999999"), 0);
}

TEST(KernelConfig, ReadsAssignmentsOnly) {
  const auto config = ParseConfig(
      "# CONFIG_HZ_100 is not set\nCONFIG_HZ=250\nCONFIG_X=y\nFOO=1\nCONFIG_NAME=\"a=b\"");
  EXPECT_THAT(config, testing::ElementsAre(testing::Pair("CONFIG_HZ", "250"),
                                           testing::Pair("CONFIG_NAME", "\"a=b\""),
                                           testing::Pair("CONFIG_X", "y")));
}

TEST(Tracefs, ParsesAndMerges) {
  const auto events =
      ParseAvailableEvents("sched:sched_switch\nsignal:signal_generate\nodd\n:x\ny:");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].subsystem, "signal");
  EXPECT_EQ(events[1].name, "signal_generate");
  BtfBuilder b;
  b.Tracepoint("sched_switch", {});
  b.Tracepoint("pelt_cfs_tp", {});
  const auto btf = Btf::Parse(b.Bytes());
  const auto merged = MergeBtfTracepoints(events, **btf);
  ASSERT_EQ(merged.size(), 3u);
  EXPECT_EQ(merged[0].name, "pelt_cfs_tp");
  EXPECT_EQ(merged[0].subsystem, "");
}

TEST(FileIdentity, FindsTheMountsDevice) {
  const char* text =
      "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n"
      "31 22 0:35 /sub /data rw - btrfs /dev/vdb rw\nbroken\n33 22 x:y / /z\n";
  EXPECT_EQ(MountDevice(text, 31), KernelDevice(0, 35));
  EXPECT_EQ(MountDevice(text, 22), KernelDevice(254, 0));
  EXPECT_EQ(MountDevice(text, 33), std::nullopt);
  EXPECT_EQ(MountDevice(text, 99), std::nullopt);
  EXPECT_EQ(KernelDevice(8, 1), 0x800001u);
}

TEST(Features, NothingInAnEmptyKernel) {
  const auto btf = Btf::Parse(BtfBuilder().Bytes());
  const Features features = DetectFeatures(**btf);
  EXPECT_FALSE(features.ring_buffer || features.may_goto || features.signed_division ||
               features.task_from_pid || features.rdonly_cast || features.boot_clock ||
               features.snprintf || features.current_task_btf || features.mmapable_arrays);
}

TEST(Features, EachByItsSign) {
  BtfBuilder b;
  b.Enum("bpf_map_type", {{"BPF_MAP_TYPE_HASH", 1}, {"BPF_MAP_TYPE_RINGBUF", 27}});
  b.Func("bpf_task_from_pid", b.FuncProto(0, {}));
  const auto btf = Btf::Parse(b.Bytes());
  const Features features = DetectFeatures(**btf);
  EXPECT_TRUE(features.ring_buffer);
  EXPECT_TRUE(features.task_from_pid);
  EXPECT_FALSE(features.rdonly_cast);
}

TEST(SampleKernel, HasWhatItSays) {
  const auto kernel = MakeSampleKernel();
  const auto btf = kernel->btf();
  ASSERT_TRUE(btf.has_value());
  const auto task = (*btf)->FindStruct("task_struct");
  ASSERT_TRUE(task.has_value());
  for (const char* name : {"pid", "tgid", "comm", "real_parent", "start_boottime", "mm", "signal"})
    EXPECT_TRUE((*btf)->FindMember(*task, name).has_value()) << name;
  EXPECT_EQ((*btf)->Describe((*btf)->FindMember(*task, "real_parent")->type),
            "struct task_struct*");
  EXPECT_TRUE((*btf)->FindMember(*(*btf)->FindStruct("kernel_siginfo"), "si_code").has_value());
  EXPECT_TRUE(kernel->HasTracepoint("signal", "signal_generate"));
  EXPECT_FALSE(kernel->HasTracepoint("sched", "signal_generate"));
  EXPECT_FALSE(FakeKernel().btf().has_value());
  EXPECT_EQ(FakeKernel().btf().error().kind, ErrorKind::kUnsupported);
}

// ------------------------------------------------------------ this machine

class RealKernel : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(kVmlinux, R_OK) != 0) GTEST_SKIP() << kVmlinux << " is missing";
    const auto types = kernel_->btf();
    ASSERT_TRUE(types.has_value()) << types.error().Message();
    btf_ = *types;
  }
  std::unique_ptr<Kernel> kernel_ = MakeKernel();
  const Btf* btf_ = nullptr;
};

TEST_F(RealKernel, TaskStruct) {
  const auto task = btf_->FindStruct("task_struct");
  ASSERT_TRUE(task.has_value());
  EXPECT_GT(btf_->Size(*task), 1000u);
  const auto comm = btf_->FindMember(*task, "comm");
  ASSERT_TRUE(comm.has_value());
  EXPECT_EQ(btf_->Describe(comm->type), "char[16]");
  EXPECT_TRUE(btf_->IsCharArray(comm->type));
  const auto parent = btf_->FindMember(*task, "real_parent");
  ASSERT_TRUE(parent.has_value());
  EXPECT_EQ(btf_->Strip(btf_->Target(btf_->Strip(parent->type))), *task);
  const auto tgid = btf_->FindMember(*task, "tgid");
  const auto pid = btf_->FindMember(*task, "pid");
  ASSERT_TRUE(tgid && pid);
  EXPECT_EQ(tgid->offset, pid->offset + 4);
  EXPECT_TRUE(btf_->IsSigned(pid->type));
  EXPECT_EQ(btf_->Size(pid->type), 4u);
  const auto bit = btf_->FindMember(*task, "in_execve");
  ASSERT_TRUE(bit.has_value());
  EXPECT_EQ(bit->bit_size, 1u);
}

TEST_F(RealKernel, SignalGenerate) {
  const auto type = btf_->Find("btf_trace_signal_generate", BtfKind::kTypedef);
  ASSERT_TRUE(type.has_value());
  EXPECT_EQ(btf_->Params(btf_->Target(btf_->Strip(*type))).size(), 6u);
}

TEST_F(RealKernel, EveryTypeCanBeAsked) {
  for (TypeId id = 1; id <= btf_->type_count(); ++id) {
    ASSERT_NE(btf_->Kind(id), BtfKind::kVoid);
    ASSERT_LT(btf_->Describe(id).size(), 4000u);
    btf_->Size(id);
  }
}

TEST_F(RealKernel, Tracepoints) {
  const auto all = kernel_->tracepoints();
  ASSERT_TRUE(all.has_value());
  const bool found = std::ranges::any_of(
      **all, [](const Tracepoint& tracepoint) { return tracepoint.name == "signal_generate"; });
  EXPECT_TRUE(found);
  if (!FindTracefs()) GTEST_SKIP() << "tracefs isn't mounted: subsystems not checked";
  EXPECT_TRUE(MakeKernel()->HasTracepoint("signal", "signal_generate"));
  EXPECT_FALSE(MakeKernel()->HasTracepoint("signal", "no_such"));
  EXPECT_FALSE(MakeKernel()->HasTracepoint("..", "enable"));
}

TEST_F(RealKernel, ClockTicksAsConfigured) {
  const auto config = kernel_->config();
  if (!config.contains("CONFIG_HZ")) GTEST_SKIP() << "the kernel's configuration isn't readable";
  EXPECT_EQ(std::to_string(kernel_->hz()), config.at("CONFIG_HZ"));
}

TEST_F(RealKernel, CpusAndRelease) {
  EXPECT_GE(kernel_->cpu_count(), ::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_FALSE(kernel_->release().empty());
}

TEST_F(RealKernel, IdentifiesFiles) {
  struct stat status {};
  ASSERT_EQ(::stat("/bin/sh", &status), 0);
  const auto identity = kernel_->IdentifyFile("/bin/sh");
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->inode, status.st_ino);
  EXPECT_NE(identity->device, 0u);
  const auto missing = kernel_->IdentifyFile("/no/such/file");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().error_number, ENOENT);
}

}  // namespace
}  // namespace podtap::kernel
