// AddStoreCalls: see passes.h and AttachCall.
#include <set>
#include <string>
#include <utility>

#include "ir/passes.h"

namespace podtap::ir {
namespace {

using Wanted = std::set<std::pair<uint32_t, Op>>;

// (global, op), each once.
Wanted FindOperations(const Module& module, bool all_in_kernel) {
  Wanted wanted;
  for (const Program& program : module.programs) {
    if (RunsInKernel(module, program, all_in_kernel)) continue;
    for (const Block& block : program.blocks) {
      for (const Instr& instr : block.instrs) {
        if (instr.op != Op::kMapAdd && instr.op != Op::kStatPush) continue;
        const Global& global = module.globals[static_cast<size_t>(instr.imm)];
        if (!global.in_kernel || !global.is_array()) continue;
        wanted.emplace(static_cast<uint32_t>(instr.imm), instr.op);
      }
    }
  }
  return wanted;
}

Global Parameter(const std::string& name, const Global::Key& key) {
  Global global;
  global.name = name;
  global.in_kernel = true;
  if (key.type == Type::kStr) {
    global.value = ValueType::kString;
    global.value_cap = key.cap;
  }
  return global;
}

class Call {
 public:
  Call(Module& module, uint32_t global, Op op) : module_(module) {
    AttachCall attach{.op = op,
                      .global = global,
                      .first_key = static_cast<uint32_t>(module.globals.size()),
                      .key_count = static_cast<uint32_t>(module.globals[global].keys.size())};
    const std::vector<Global::Key> keys = module.globals[global].keys;
    program_.name = std::string(Info(op).name) + " on " + module.globals[global].name;
    program_.written = program_.name;
    program_.attach = attach;
    program_.blocks.resize(1);
    for (const Global::Key& key : keys) AddParameter("key", key);
    for (const char* name : {"number", "before", "full"}) AddParameter(name, {});

    Instr change = Make(op, global);
    change.args = {Operand::R(Load(attach.number()))};
    for (uint32_t i = 0; i < attach.key_count; i++) {
      change.args.push_back(Operand::R(Load(attach.first_key + i)));
    }
    const Reg before = op == Op::kMapAdd ? NewReg({}) : kNoReg, full = NewReg({});
    change.dst = before;
    change.dst2 = full;
    Append(std::move(change));
    if (before != kNoReg) Store(attach.before(), before);
    Store(attach.full(), full);
    module.programs.push_back(std::move(program_));
  }

 private:
  void AddParameter(const char* name, const Global::Key& key) {
    module_.globals.push_back(Parameter(program_.name + ": " + name, key));
  }
  Reg NewReg(const Global::Key& like) {
    program_.regs.push_back({.type = like.type, .cap = like.cap, .btf_id = 0, .name = ""});
    return static_cast<Reg>(program_.regs.size() - 1);
  }
  static Instr Make(Op op, uint32_t global) {
    Instr instr;
    instr.op = op;
    instr.imm = global;
    return instr;
  }
  void Append(Instr instr) { program_.blocks[0].instrs.push_back(std::move(instr)); }
  Reg Load(uint32_t global) {
    const Global& from = module_.globals[global];
    const bool text = from.value == ValueType::kString;
    const Reg reg = NewReg({text ? Type::kStr : Type::kI64, text ? from.value_cap : 0});
    Instr load = Make(Op::kGlobalLoad, global);
    load.dst = reg;
    Append(std::move(load));
    return reg;
  }
  void Store(uint32_t global, Reg from) {
    Instr store = Make(Op::kGlobalStore, global);
    store.args = {Operand::R(from)};
    Append(std::move(store));
  }

  Module& module_;
  Program program_;
};

}  // namespace

void AddStoreCalls(Module& module, bool all_in_kernel) {
  for (const auto& [global, op] : FindOperations(module, all_in_kernel)) Call(module, global, op);
}

}  // namespace podtap::ir
