#include "attach/loader.h"

#include <linux/bpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "attach/verifier_log.h"

namespace podtap::attach {
namespace {

constexpr size_t kLogSize = 4u << 20;
constexpr uint32_t kMaxLine = (1u << 22) - 1, kMaxColumn = (1u << 10) - 1;

void SetType(ProgramSpec& spec, const ir::AttachSpec& attach) {
  if (const auto* tracepoint = std::get_if<ir::AttachTracepoint>(&attach)) {
    spec.type = BPF_PROG_TYPE_TRACING;
    spec.expected_attach_type = BPF_TRACE_RAW_TP;
    spec.attach_btf_id = tracepoint->btf_id;
  } else if (std::holds_alternative<ir::AttachProfile>(attach)) {
    spec.type = BPF_PROG_TYPE_PERF_EVENT;
  } else if (std::holds_alternative<ir::AttachCall>(attach)) {
    spec.type = BPF_PROG_TYPE_RAW_TRACEPOINT;  // BPF_PROG_RUN runs it since 5.10
  } else {
    spec.type = BPF_PROG_TYPE_SYSCALL;
    spec.flags = BPF_F_SLEEPABLE;
  }
}

}  // namespace

Result<void> Loader::PrepareLines(const std::vector<bpf::Program>& programs) {
  BtfBlob blob;
  site_lines_.assign(module_.sites.size(), LineRecord{});
  std::vector<bool> seen(module_.sites.size(), false);
  for (const bpf::Program& program : programs) {
    for (const bpf::LineInfo& line : program.lines) {
      if (line.site >= module_.sites.size() || seen[line.site]) continue;
      seen[line.site] = true;
      const ir::Site& site = module_.sites[line.site];
      site_lines_[line.site] = {
          0, blob.String(site.file), blob.String(site.near),
          std::min(site.line, kMaxLine) << 10 | std::min(site.column, kMaxColumn)};
    }
  }
  Result<Fd> btf = LoadBtf(blob.Bytes());
  if (!btf) return std::unexpected(btf.error());
  btf_ = std::move(*btf);
  return {};
}

Result<kernel::TypeId> Loader::Kfunc(const std::string& name) {
  const auto known = kfuncs_.find(name);
  if (known != kfuncs_.end()) return known->second;
  Result<const kernel::Btf*> btf = kernel_.btf();
  if (!btf) return std::unexpected(btf.error());
  const auto id = (*btf)->Find(name, kernel::BtfKind::kFunc);
  if (!id) {
    return std::unexpected(Error{ErrorKind::kUnsupported, "load a probe", "",
                                 "this kernel has no function " + name, 0, "", ""});
  }
  kfuncs_.emplace(name, *id);
  return *id;
}

Result<void> Loader::Relocate(bpf::Program& program, const Loaded& loaded) {
  using Kind = bpf::Relocation::Kind;
  for (const bpf::Relocation& relocation : program.relocations) {
    bpf::Insn& insn = program.insns[relocation.insn];
    switch (relocation.kind) {
      case Kind::kRing:
        insn.imm = maps_.ring_fd();
        break;
      case Kind::kScratch:
        insn.imm = loaded.scratch.get();
        break;
      case Kind::kSnapshot:
        insn.imm = loaded.snapshot.get();
        break;
      case Kind::kControl:
        insn.imm = maps_.control_fd();
        break;
      case Kind::kRodata:
        insn.imm = maps_.rodata_fd();
        break;
      case Kind::kGlobal:
        insn.imm = maps_.global_fd(relocation.index);
        break;
      case Kind::kKfunc: {
        const Result<kernel::TypeId> id = Kfunc(relocation.name);
        if (!id) return std::unexpected(id.error());
        insn.imm = static_cast<int32_t>(*id);
        break;
      }
    }
  }
  return {};
}

Result<void> Loader::Prepare(uint32_t index, Pending& pending) {
  bpf::Program& program = pending.program;
  Loaded& loaded = pending.loaded;
  loaded.index = index;
  loaded.insns = static_cast<uint32_t>(program.insns.size());
  if (program.scratch_size > 0) {
    Result<Fd> scratch = maps_.MakeScratch(program.scratch_size);
    if (!scratch) return std::unexpected(scratch.error());
    loaded.scratch = std::move(*scratch);
  }
  if (program.snapshot_size > 0) {
    const int cpus = std::max(kernel_.cpu_count(), 1);
    Result<Fd> snapshot = maps_.MakeSnapshot(program.snapshot_size, static_cast<uint32_t>(cpus));
    if (!snapshot) return std::unexpected(snapshot.error());
    loaded.snapshot = std::move(*snapshot);
  }
  if (auto done = Relocate(program, loaded); !done) return done;
  // The kernel wants the first record at instruction 0, and one for each function.
  std::vector<LineRecord>& lines = pending.lines;
  for (const bpf::LineInfo& line : program.lines) {
    LineRecord record = line.site < site_lines_.size() ? site_lines_[line.site] : LineRecord{};
    const bool begins_function =
        std::ranges::find(program.functions, line.insn) != program.functions.end();
    if (lines.empty() && begins_function) lines.push_back({});
    record.insn = lines.empty() ? 0 : line.insn;
    lines.push_back(record);
  }
  if (lines.empty()) lines.push_back({});
  pending.functions = {{0, BtfBlob::kFunctionId}};
  for (const uint32_t insn : program.functions) {
    pending.functions.push_back({insn, BtfBlob::kCallbackId});
  }
  ProgramSpec& spec = pending.spec;
  SetType(spec, module_.programs[index].attach);
  spec.name = "podtap_" + std::to_string(index);
  spec.insns = program.insns;
  spec.btf_fd = btf_.get();
  spec.functions = pending.functions;
  spec.lines = lines;
  return {};
}

Result<std::vector<Loaded>> Loader::Load(const std::vector<uint32_t>& indices,
                                         std::vector<bpf::Program> programs) {
  if (auto done = PrepareLines(programs); !done) return std::unexpected(done.error());
  std::vector<Pending> all(programs.size());
  for (size_t i = 0; i < all.size(); i++) {
    all[i].program = std::move(programs[i]);
    if (auto done = Prepare(indices[i], all[i]); !done) return std::unexpected(done.error());
  }
  // The longest first, so that none is left for the end while the other CPUs rest.
  std::vector<Pending*> order;
  for (Pending& pending : all) order.push_back(&pending);
  std::ranges::sort(order, std::greater(), [](const Pending* p) { return p->loaded.insns; });
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < order.size(); i = next++) {
      Pending& pending = *order[i];
      pending.loaded.fd = LoadProgram(pending.spec, {}, pending.error_number);
    }
  };
  {
    std::vector<std::jthread> others;
    const size_t cpus = std::max(std::thread::hardware_concurrency(), 1U);
    try {
      for (size_t i = 1; i < std::min(cpus, order.size()); i++) others.emplace_back(work);
      // No thread to be had: fewer do it. NOLINTNEXTLINE(bugprone-empty-catch)
    } catch (const std::system_error&) {
    }
    work();
  }
  std::vector<Loaded> loaded;
  for (Pending& pending : all) {
    if (!pending.loaded.fd.valid()) return std::unexpected(Explain(pending));
    loaded.push_back(std::move(pending.loaded));
  }
  return loaded;
}

// Loads it again with a log, which the usual way doesn't pay for.
Error Loader::Explain(const Pending& pending) const {
  const ir::Program& source = module_.programs[pending.loaded.index];
  Error error = SystemError("load the program for", source.name, pending.error_number);
  if (pending.error_number == EPERM) {
    error.kind = ErrorKind::kPrivilege;
    error.remedy = PrivilegeRemedy();
    return error;
  }
  std::vector<char> log(kLogSize);
  int again = 0;
  LoadProgram(pending.spec, log, again);
  const VerifierComplaint complaint = ReadVerifierLog({log.data(), log.size()});
  if (complaint.reason.empty() && !complaint.insn) return error;
  std::string near;
  for (const bpf::LineInfo& line : pending.program.lines) {
    if (complaint.insn && line.insn <= *complaint.insn && line.site < module_.sites.size()) {
      near = " near " + module_.sites[line.site].near;
    }
  }
  error.kind = ErrorKind::kUnsupported;
  error.reason = "the kernel's verifier refused the program for " + source.name + near + ": " +
                 complaint.reason;
  error.tried = "load a probe";
  error.on.clear();
  error.detail = complaint.tail;
  return error;
}

}  // namespace podtap::attach
