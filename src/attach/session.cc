#include "attach/session.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "attach/bpf_store.h"
#include "attach/links.h"
#include "attach/loader.h"
#include "attach/maps.h"
#include "attach/syscalls.h"

namespace podtap::attach {
namespace {

bool UsesChains(const ir::Module& module) {
  for (const ir::Program& program : module.programs) {
    for (const ir::Block& block : program.blocks) {
      for (const ir::Instr& instr : block.instrs) {
        if (instr.op == ir::Op::kChainCapture) return true;
      }
    }
  }
  return false;
}

bpf::TaskOffsets FindTaskOffsets(kernel::Kernel& kernel) {
  bpf::TaskOffsets offsets;
  Result<const kernel::Btf*> btf = kernel.btf();
  if (!btf) return offsets;
  const auto task = (*btf)->FindStruct("task_struct");
  if (!task) return offsets;
  offsets.btf_id = *task;
  const auto find = [&](const char* name, uint32_t& to) {
    const auto member = (*btf)->FindMember(*task, name);
    if (member) to = member->offset;
    return member.has_value();
  };
  // start_boottime was real_start_time before 5.5.
  offsets.known = find("comm", offsets.comm) && find("real_parent", offsets.real_parent) &&
                  find("pid", offsets.pid) &&
                  (find("start_boottime", offsets.start_boottime) ||
                   find("real_start_time", offsets.start_boottime));
  return offsets;
}

}  // namespace

bpf::Target TargetOf(const ir::Module& module, kernel::Kernel& kernel) {
  const kernel::Features& features = kernel.features();
  bpf::Target target;
  target.may_goto = features.may_goto;
  target.signed_division = features.signed_division;
  target.boot_clock = features.boot_clock;
  target.current_task_btf = features.current_task_btf;
  target.task_from_pid = features.task_from_pid;
  target.rdonly_cast = features.rdonly_cast;
  target.atomic_fetch = features.atomic_fetch;
  target.for_each_element = features.for_each_element;
  if (UsesChains(module)) target.task = FindTaskOffsets(kernel);
  return target;
}

namespace {

class BpfSession : public Session {
 public:
  BpfSession(const ir::Module& module, const ir::Layout& layout, kernel::Kernel& kernel)
      : module_(module), layout_(layout), kernel_(kernel), cpus_(kernel.cpu_count()) {}

  Result<void> Load(const Options& options);
  Result<void> Attach() override;
  void Detach() override { links_.clear(); }
  ir::RingView ring() override { return maps_->ring(); }
  ir::Control* control() override { return maps_->control(); }
  ir::Store& store() override { return *store_; }
  std::vector<Stats> stats() override;
  bool IsLoaded(uint32_t program) override;
  Result<void> RunOnce(uint32_t program) override;

 private:
  Result<void> LoadPrograms(const std::vector<uint32_t>& indices,
                            std::vector<bpf::Program> programs);
  void MakeStore(const bpf::Target& target);
  bool RunCall(uint32_t program);

  const ir::Module& module_;
  const ir::Layout& layout_;
  kernel::Kernel& kernel_;
  const int cpus_;
  std::unique_ptr<Maps> maps_;
  std::unique_ptr<ir::Store> store_;
  std::vector<Loaded> programs_;
  std::vector<Fd> links_;
};

Result<void> BpfSession::Load(const Options& options) {
  RaiseMemlock();
  const bpf::Target target = TargetOf(module_, kernel_);
  std::vector<uint32_t> indices;
  std::vector<bpf::Program> compiled;
  bool uses_ring = false;
  for (uint32_t i = 0; i < module_.programs.size(); i++) {
    const ir::Program& source = module_.programs[i];
    if (!ir::RunsInKernel(module_, source, options.user_side_in_kernel)) continue;
    if (std::holds_alternative<ir::AttachCall>(source.attach)) continue;  // at its first run
    Result<bpf::Program> program = bpf::Compile(module_, layout_, i, target);
    if (!program) return std::unexpected(program.error());
    uses_ring = uses_ring || program->uses_ring;
    indices.push_back(i);
    compiled.push_back(std::move(*program));
  }
  Result<Maps> maps =
      Maps::Make(module_, layout_, uses_ring ? options.ring_bytes : 0, options.user_side_in_kernel);
  if (!maps) return std::unexpected(maps.error());
  maps_ = std::make_unique<Maps>(std::move(*maps));
  MakeStore(target);
  if (compiled.empty()) return {};
  return LoadPrograms(indices, std::move(compiled));
}

Result<void> BpfSession::LoadPrograms(const std::vector<uint32_t>& indices,
                                      std::vector<bpf::Program> programs) {
  Result<std::vector<Loaded>> loaded =
      Loader(module_, *maps_, kernel_).Load(indices, std::move(programs));
  if (!loaded) return std::unexpected(loaded.error());
  for (Loaded& program : *loaded) programs_.push_back(std::move(program));
  return {};
}

void BpfSession::MakeStore(const bpf::Target& target) {
  store_ = MakeBpfStore(module_, layout_, *maps_,
                        {.counted = target.atomic_fetch,
                         .run = [this](uint32_t program) { return RunCall(program); }});
  for (uint32_t i = 0; i < module_.globals.size(); i++) {
    const ir::Global& global = module_.globals[i];
    if (!global.boxed || global.init_string.empty()) continue;
    const std::vector<uint8_t> key(ir::KeySize(global), 0);
    std::vector<uint8_t> value(ir::ValueSize(global), 0);
    std::memcpy(value.data(), global.init_string.data(),
                std::min<size_t>(global.init_string.size(), global.value_cap - 1));
    store_->Set(i, key, value);
  }
}

// Compiled and loaded at its first run, so that a script pays for what it uses.
bool BpfSession::RunCall(uint32_t program) {
  if (!IsLoaded(program)) {
    Result<bpf::Program> compiled =
        bpf::Compile(module_, layout_, program, TargetOf(module_, kernel_));
    if (!compiled) return false;
    std::vector<bpf::Program> programs;
    programs.push_back(std::move(*compiled));
    if (!LoadPrograms({program}, std::move(programs))) return false;
  }
  return RunOnce(program).has_value();
}

bool BpfSession::IsLoaded(uint32_t program) {
  return std::any_of(programs_.begin(), programs_.end(),
                     [&](const Loaded& loaded) { return loaded.index == program; });
}

Result<void> BpfSession::Attach() {
  for (const Loaded& loaded : programs_) {
    Result<std::vector<Fd>> links =
        AttachProgram(module_.programs[loaded.index], loaded.fd.get(), cpus_);
    if (!links) {
      Detach();
      return std::unexpected(links.error());
    }
    for (Fd& link : *links) links_.push_back(std::move(link));
  }
  return {};
}

std::vector<Session::Stats> BpfSession::stats() {
  std::vector<Stats> all;
  for (const Loaded& loaded : programs_) {
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    Stats stats{module_.programs[loaded.index].name, loaded.insns, 0, 0};
    if (bpf_obj_get_info_by_fd(loaded.fd.get(), &info, &size) == 0) {
      stats.verified = info.verified_insns;
      stats.jited_bytes = info.jited_prog_len;
    }
    all.push_back(std::move(stats));
  }
  return all;
}

Result<void> BpfSession::RunOnce(uint32_t program) {
  for (const Loaded& loaded : programs_) {
    if (loaded.index != program) continue;
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    if (bpf_prog_test_run_opts(loaded.fd.get(), &opts) != 0) {
      return std::unexpected(SystemError("run", module_.programs[program].name, errno));
    }
    return {};
  }
  return std::unexpected(
      Error{ErrorKind::kInternal, "run a program", "", "it isn't loaded", 0, "", ""});
}

}  // namespace

Result<std::unique_ptr<Session>> Session::Load(const ir::Module& module, const ir::Layout& layout,
                                               kernel::Kernel& kernel, const Options& options) {
  auto session = std::make_unique<BpfSession>(module, layout, kernel);
  if (auto loaded = session->Load(options); !loaded) {
    return std::unexpected(loaded.error());
  }
  return session;
}

}  // namespace podtap::attach
