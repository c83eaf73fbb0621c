// BoxStrings: see passes.h and docs/decisions/0022-whole-strings.md.
#include <vector>

#include "ir/passes.h"

namespace podtap::ir {
namespace {

std::vector<bool> WrittenInKernel(const Module& module, bool all_in_kernel) {
  std::vector<bool> written(module.globals.size(), false);
  for (const Program& program : module.programs) {
    if (!RunsInKernel(module, program, all_in_kernel)) continue;
    for (const Block& block : program.blocks) {
      for (const Instr& instr : block.instrs) {
        if (instr.op == Op::kGlobalStore) written[static_cast<size_t>(instr.imm)] = true;
      }
    }
  }
  return written;
}

void UseElement(Instr& instr) {
  if (instr.op == Op::kGlobalLoad) {
    instr.op = Op::kMapGet;
  } else if (instr.op == Op::kGlobalStore) {
    instr.op = Op::kMapSet;
  } else {
    return;
  }
  instr.args.push_back(Operand::I(0));
}

}  // namespace

void BoxStrings(Module& module, bool all_in_kernel) {
  const std::vector<bool> written = WrittenInKernel(module, all_in_kernel);
  bool any = false;
  for (size_t i = 0; i < module.globals.size(); i++) {
    Global& global = module.globals[i];
    if (!written[i] || global.value != ValueType::kString || global.is_array()) continue;
    global.boxed = any = true;
    global.keys = {{Type::kI64, 0}};
    global.max_entries = 1;
  }
  if (!any) return;
  for (Program& program : module.programs) {
    for (Block& block : program.blocks) {
      for (Instr& instr : block.instrs) {
        const bool about_global = instr.op == Op::kGlobalLoad || instr.op == Op::kGlobalStore;
        if (about_global && module.globals[static_cast<size_t>(instr.imm)].boxed) UseElement(instr);
      }
    }
  }
}

}  // namespace podtap::ir
