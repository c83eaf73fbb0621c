#include "kernel/fake_kernel.h"

namespace podtap::kernel {

void FakeKernel::SetTypes(const BtfBuilder& types) {
  if (auto parsed = Btf::Parse(types.Bytes())) btf_ = std::move(*parsed);
}

Result<const Btf*> FakeKernel::btf() {
  if (btf_ != nullptr) return btf_.get();
  return std::unexpected(Error{.kind = ErrorKind::kUnsupported,
                               .tried = "open the kernel's types in",
                               .on = "/sys/kernel/btf/vmlinux",
                               .reason = "No such file or directory",
                               .error_number = 2,
                               .remedy = "podtap needs a kernel built with CONFIG_DEBUG_INFO_BTF",
                               .detail = ""});
}

Result<Kernel::FileIdentity> FakeKernel::IdentifyFile(const std::string& path) {
  const auto found = files.find(path);
  if (found != files.end()) return found->second;
  return std::unexpected(SystemError("find the file", path, 2));
}

namespace {

// Offsets are invented, but don't overlap.
class SampleTypes {
 public:
  SampleTypes() {
    AddScalars();
    AddTask();
    AddTracepoints();
  }
  BtfBuilder builder;

 private:
  void AddScalars() {
    int_ = builder.Int("int", 4, true);
    uint_ = builder.Int("unsigned int", 4, false);
    long_ = builder.Int("long int", 8, true);
    ulong_ = builder.Int("long unsigned int", 8, false);
    char_ = builder.Int("char", 1, true);
    bool_ = builder.Typedef("bool", builder.Int("_Bool", 1, false));
    u64_ = builder.Typedef(
        "u64", builder.Typedef("__u64", builder.Int("long long unsigned int", 8, false)));
    pid_ = builder.Typedef("pid_t", builder.Typedef("__kernel_pid_t", int_));
    comm_ = builder.Array(char_, 16);
  }

  void AddTask() {
    const TypeId atomic =
        builder.Typedef("atomic_t", builder.Struct("", 4, {{"counter", int_, 0}}));
    const TypeId kuid = builder.Typedef("kuid_t", builder.Struct("", 4, {{"val", uint_, 0}}));
    const TypeId cred = builder.Struct("cred", 176, {{"uid", kuid, 64}, {"euid", kuid, 192}});
    const TypeId signal = builder.Struct("signal_struct", 1024,
                                         {{"live", atomic, 32}, {"group_exit_code", int_, 640}});
    const TypeId super = builder.Struct("super_block", 1024, {{"s_dev", uint_, 128}});
    const TypeId inode =
        builder.Struct("inode", 640, {{"i_sb", builder.Ptr(super), 320}, {"i_ino", ulong_, 512}});
    const TypeId file = builder.Struct("file", 192, {{"f_inode", builder.Ptr(inode), 256}});
    const TypeId mm = builder.Struct(
        "mm_struct", 1408,
        {{"", builder.Struct("", 1400, {{"exe_file", builder.Ptr(file), 7232}}), 0}});
    const TypeId signal_pointer = builder.Ptr(signal);
    const TypeId mm_pointer = builder.Ptr(mm);
    const TypeId cred_pointer = builder.Ptr(builder.Const(cred));
    task_ = builder.Ptr(builder.next_id() + 1);
    builder.Struct("task_struct", 4096,
                   {{"flags", uint_, 352},
                    {"mm", mm_pointer, 8000},
                    {"exit_code", int_, 8096},
                    {"in_execve", uint_, 8192, 1},
                    {"in_iowait", uint_, 8193, 1},
                    {"pid", pid_, 8992},
                    {"tgid", pid_, 9024},
                    {"real_parent", task_, 9088},
                    {"parent", task_, 9152},
                    {"group_leader", task_, 9408},
                    {"start_time", u64_, 10240},
                    {"start_boottime", u64_, 10304},
                    {"cred", cred_pointer, 10752},
                    {"comm", comm_, 10880},
                    {"signal", signal_pointer, 11200}});
    info_ = builder.Ptr(builder.next_id() + 1);
    builder.Struct("kernel_siginfo", 48, {{"", builder.next_id() + 1, 0}});
    builder.Struct("", 48, {{"si_signo", int_, 0}, {"si_errno", int_, 32}, {"si_code", int_, 64}});
  }

  void AddTracepoints() {
    const TypeId binprm = builder.Ptr(builder.Struct(
        "linux_binprm", 400,
        {{"argc", int_, 448}, {"filename", builder.Ptr(builder.Const(char_)), 768}}));
    builder.Tracepoint(
        "signal_generate",
        {{"sig", int_}, {"info", info_}, {"task", task_}, {"group", int_}, {"result", int_}});
    builder.Tracepoint(
        "signal_deliver",
        {{"sig", int_}, {"info", info_}, {"ka", builder.Ptr(builder.Fwd("k_sigaction"))}});
    builder.Tracepoint(
        "sched_switch",
        {{"preempt", bool_}, {"prev", task_}, {"next", task_}, {"prev_state", uint_}});
    builder.Tracepoint("sched_process_fork", {{"parent", task_}, {"child", task_}});
    builder.Tracepoint("sched_process_exec", {{"p", task_}, {"old_pid", pid_}, {"bprm", binprm}});
    builder.Tracepoint("sched_process_exit", {{"p", task_}, {"group_dead", bool_}});
    builder.Tracepoint("mark_victim", {{"task", task_}, {"uid", uint_}});
    builder.Tracepoint("pelt_cfs_tp", {{"cfs_rq", builder.Ptr(builder.Fwd("cfs_rq"))}});
  }

  TypeId int_ = 0, uint_ = 0, long_ = 0, ulong_ = 0, char_ = 0, bool_ = 0, u64_ = 0, pid_ = 0,
         comm_ = 0, task_ = 0, info_ = 0;
};

}  // namespace

std::unique_ptr<FakeKernel> MakeSampleKernel() {
  auto kernel = std::make_unique<FakeKernel>(SampleTypes().builder);
  kernel->feature_set = {.ring_buffer = true,
                         .may_goto = true,
                         .signed_division = true,
                         .task_from_pid = true,
                         .rdonly_cast = true,
                         .boot_clock = true,
                         .snprintf = true,
                         .current_task_btf = true,
                         .mmapable_arrays = true};
  kernel->events = {{"", "pelt_cfs_tp"},
                    {"oom", "mark_victim"},
                    {"sched", "sched_process_exec"},
                    {"sched", "sched_process_exit"},
                    {"sched", "sched_process_fork"},
                    {"sched", "sched_switch"},
                    {"signal", "signal_deliver"},
                    {"signal", "signal_generate"},
                    // A syscall event: no tracepoint of its own, so no BTF either.
                    {"syscalls", "sys_enter_kill"}};
  kernel->release_name = "6.18.0";
  return kernel;
}

}  // namespace podtap::kernel
