#include "cli/dump.h"

#include <cstdio>

#include "attach/session.h"
#include "bpf/compile.h"
#include "cli/exit_status.h"

namespace podtap::cli {
namespace {

constexpr std::string_view kStages[] = {"tokens", "tree",   "checked", "ir",
                                        "bpf",    "attach", "events"};

std::string DescribeAttach(const ir::AttachSpec& spec) {
  struct Describe {
    std::string operator()(const ir::AttachBegin& a) const {
      return "begin, order " + std::to_string(a.order);
    }
    std::string operator()(const ir::AttachEnd& a) const {
      return "end, order " + std::to_string(a.order);
    }
    std::string operator()(const ir::AttachError& a) const {
      return "error, order " + std::to_string(a.order);
    }
    std::string operator()(const ir::AttachNever&) const { return "never"; }
    std::string operator()(const ir::AttachTimer& a) const {
      return "timer every " + std::to_string(a.interval_ns) + " ns, randomized by " +
             std::to_string(a.randomize_ns) + " ns, in user space";
    }
    std::string operator()(const ir::AttachTracepoint& a) const {
      return "tp_btf " + a.name + ", BTF id " + std::to_string(a.btf_id);
    }
    std::string operator()(const ir::AttachProfile& a) const {
      return "perf cpu-clock at " + std::to_string(a.frequency_hz) + " Hz on every CPU";
    }
    std::string operator()(const ir::AttachCall&) const {
      return "nowhere: run when a user-side probe asks for it";
    }
  };
  return std::visit(Describe{}, spec);
}

}  // namespace

bool IsDumpStage(std::string_view stage) {
  for (std::string_view known : kStages) {
    if (stage == known) return true;
  }
  return false;
}

int DumpBpf(const Compilation& compilation, kernel::Kernel& kernel, const RunOptions& options) {
  const bpf::Target target = attach::TargetOf(compilation.module, kernel);
  const auto& programs = compilation.module.programs;
  for (uint32_t i = 0; i < programs.size(); i++) {
    if (!ir::IsKernelSide(programs[i].attach)) continue;
    const Result<bpf::Program> program =
        bpf::Compile(compilation.module, compilation.layout, i, target);
    if (!program) {
      PrintError(program.error(), options.verbose);
      return StatusOf(program.error().kind);
    }
    const std::string text = bpf::Dump(compilation.module, *program);
    std::printf("probe %s: %zu instructions\n%s", programs[i].name.c_str(), program->insns.size(),
                text.c_str());
  }
  return kOk;
}

int DumpAttach(const Compilation& compilation) {
  for (const ir::Program& program : compilation.module.programs) {
    std::printf("%s: %s\n", program.name.c_str(), DescribeAttach(program.attach).c_str());
  }
  return kOk;
}

}  // namespace podtap::cli
