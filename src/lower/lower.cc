#include "lower/lower.h"

#include <algorithm>

#include "lower/program.h"

namespace podtap::lower {
namespace {

ir::ValueType ValueTypeOf(lang::Type type) {
  switch (type) {
    case lang::Type::kString:
      return ir::ValueType::kString;
    case lang::Type::kStats:
      return ir::ValueType::kStats;
    default:
      return ir::ValueType::kLong;
  }
}

// What is printed of statistics that nobody read.
constexpr ir::StatFields kPrintedFields =
    ir::kAllStatFields & ~ir::FieldBit(ir::StatField::kVariance);
static_assert(static_cast<int>(lang::StatOp::kVariance) ==
              static_cast<int>(ir::StatField::kVariance));

ir::Global LowerGlobal(const lang::Global& from, const ir::Limits& limits, bool is_tapset) {
  ir::Global to;
  to.name = from.name;
  to.value = ValueTypeOf(from.type);
  for (lang::Type index : from.index_types) {
    to.keys.push_back({index == lang::Type::kString ? ir::Type::kStr : ir::Type::kI64, 0});
  }
  to.max_entries = from.max_size ? static_cast<uint32_t>(*from.max_size) : limits.max_map_entries;
  to.wrap = from.wrap;
  if (from.init && from.init->kind == lang::ExprKind::kNumber) {
    to.init_long = lang::As<lang::Number>(*from.init).value;
  } else if (from.init && from.init->kind == lang::ExprKind::kString) {
    to.init_string = lang::As<lang::StringLiteral>(*from.init).value;
  }
  to.print_at_end = from.written && !from.read && !is_tapset;
  to.log_histogram = from.needs_log_histogram;
  if (from.linear_histogram) {
    to.linear_histogram = {.low = from.linear_histogram->low,
                           .high = from.linear_histogram->high,
                           .step = from.linear_histogram->step};
  }
  to.stat_fields = to.print_at_end ? kPrintedFields : from.stat_ops;
  return to;
}

bool UsesGlobal(ir::Op op) {
  switch (op) {
    case ir::Op::kGlobalLoad:
    case ir::Op::kGlobalStore:
    case ir::Op::kGlobalAdd:
    case ir::Op::kMapGet:
    case ir::Op::kMapSet:
    case ir::Op::kMapAdd:
    case ir::Op::kMapHas:
    case ir::Op::kMapDelete:
    case ir::Op::kMapClear:
    case ir::Op::kMapClearSome:
    case ir::Op::kMapHasSome:
    case ir::Op::kStatPush:
    case ir::Op::kStatGet:
    case ir::Op::kStatBucket:
    case ir::Op::kHistogram:
    case ir::Op::kIterBegin:
    case ir::Op::kIterNext:
      return true;
    default:
      return false;
  }
}

bool AsksForMatches(const lang::Script& script) {
  return std::ranges::any_of(script.functions, [](const lang::Function* function) {
    return function->embedded == "regex.group" || function->embedded == "regex.groups";
  });
}

// A global that any kernel-side program touches lives where the kernel can.
void MarkKernelGlobals(ir::Module& module) {
  for (const ir::Program& program : module.programs) {
    if (!ir::IsKernelSide(program.attach)) continue;
    for (const ir::Block& block : program.blocks) {
      for (const ir::Instr& instr : block.instrs) {
        if (UsesGlobal(instr.op)) module.globals[static_cast<size_t>(instr.imm)].in_kernel = true;
      }
    }
  }
}

// An add of user space to an element that kernel programs add to as well is one
// step where the kernel can run a program for it, and two where it can't.
void WarnOfLostAdds(const ir::Module& module, kernel::Kernel& kernel,
                    source::Diagnostics& diagnostics) {
  for (const ir::Program& program : module.programs) {
    if (ir::IsKernelSide(program.attach)) continue;
    for (const ir::Block& block : program.blocks) {
      for (const ir::Instr& instr : block.instrs) {
        if (instr.op != ir::Op::kMapAdd && instr.op != ir::Op::kStatPush) continue;
        const ir::Global& global = module.globals[static_cast<size_t>(instr.imm)];
        if (!global.is_array() || !global.in_kernel || instr.site == ir::kNone) continue;
        if (kernel.features().run_programs) return;
        const ir::Site& site = module.sites[instr.site];
        diagnostics.Warning(site.span, site.token,
                            "before Linux 5.10 a change of '" + global.name +
                                "' here may undo one that a kernel probe makes at that moment");
      }
    }
  }
}

}  // namespace

Result<ir::Module> Lower(const source::SourceSet& sources, const lang::Script& script,
                         kernel::Kernel& kernel, const Options& options,
                         source::Diagnostics& diagnostics) {
  ir::Module module;
  module.limits = options.limits;
  module.target_pid = options.target_pid;
  for (const lang::Global* global : script.globals) {
    const bool is_tapset = global->tok.span.valid() && sources.IsTapset(global->tok.span.file);
    module.globals.push_back(LowerGlobal(*global, options.limits, is_tapset));
  }
  ModuleTables tables(sources, module);
  Shared shared{.script = script,
                .kernel = kernel,
                .options = options,
                .diagnostics = diagnostics,
                .tables = tables,
                .keeps_matches = AsksForMatches(script)};
  uint32_t satisfied_group = UINT32_MAX;  // by a sufficient (!) point
  for (const lang::Probe& probe : script.probes) {
    if (probe.group == satisfied_group) continue;
    const probes::Provider* provider = probes::FindProvider(probe.point.components[0].name);
    if (provider == nullptr) continue;  // the checker said so
    Result<std::vector<probes::Match>> matches =
        provider->Resolve(probe.point, kernel, diagnostics);
    if (!matches) return std::unexpected(std::move(matches.error()));
    if (probe.point.sufficient && !matches->empty()) satisfied_group = probe.group;
    for (const probes::Match& match : *matches) {
      ir::Program program;
      ProgramLowering(shared, probe, match, program).Run();
      module.programs.push_back(std::move(program));
    }
  }
  MarkKernelGlobals(module);
  WarnOfLostAdds(module, kernel, diagnostics);
  return module;
}

}  // namespace podtap::lower
