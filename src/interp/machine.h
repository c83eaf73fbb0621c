// What an instruction's handler works on: registers, stores, the host.
//
// Registers are allocated once a program and only cleared between runs. Handlers
// are free functions, one an op, grouped by kind in *_ops.cc; interp.cc holds the
// table that leads from an op to its handler.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interp/interp.h"
#include "interp/snapshot.h"
#include "ir/ir.h"
#include "ir/store.h"

namespace podtap::interp {

// A captured ancestry, own task first.
struct ChainValue {
  std::array<ir::ChainEntry, ir::kMaxChain> entries;
  uint32_t count = 0;
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(entries.data()), count * sizeof(ir::ChainEntry)};
  }
};

// The registers of one program. Every vector is indexed by register, chains
// (which are large) through chain_of.
struct Registers {
  std::vector<int64_t> longs;
  std::vector<std::string> strings;
  std::vector<uint32_t> limits;  // bytes that a string may have
  std::vector<uint32_t> string_regs;
  std::vector<uint32_t> chain_of;
  std::vector<ChainValue> chains;

  Registers(const ir::Program& program, uint32_t max_string);
  void Clear();
};

struct Machine {
  const ir::Module& module;
  ir::Store& local_store;
  ir::Store* kernel_store;
  Host& host;

  bool escape_controls = false;
  std::vector<uint32_t> key_sizes;  // of each global
  std::vector<uint32_t> value_sizes;
  std::vector<Snapshot> iterations;  // of each Module::iterations

  // Of the run that goes on.
  uint32_t program = 0;
  Registers* regs = nullptr;
  bool failed = false;  // a kError was executed
  // What the last regular expression with groups found.
  struct LastMatch {
    int64_t groups = -1;  // -1: nothing
    std::string text;
    std::vector<int64_t> places;
  } last_match;

  // Scratch, so that no instruction allocates.
  std::vector<uint8_t> key;
  std::vector<uint8_t> value;
  std::string text;
  std::vector<ir::FormatValue> values;

  int64_t Long(const ir::Operand& operand) const {
    return operand.is_reg() ? regs->longs[operand.reg] : operand.imm;
  }
  std::string_view Str(const ir::Operand& operand) const {
    if (operand.is_literal()) return module.literals[static_cast<size_t>(operand.imm)];
    return operand.is_reg() ? std::string_view(regs->strings[operand.reg]) : std::string_view();
  }
  void SetLong(ir::Reg reg, int64_t number) {
    if (reg != ir::kNoReg) regs->longs[reg] = number;
  }
  // `to` may be what the register holds now.
  void SetStr(ir::Reg reg, std::string_view to) {
    if (reg != ir::kNoReg) regs->strings[reg].assign(to.substr(0, regs->limits[reg]));
  }
  const ir::RegInfo& Info(ir::Reg reg) const { return module.programs[program].regs[reg]; }
  ChainValue& Chain(ir::Reg reg) { return regs->chains[regs->chain_of[reg]]; }

  const ir::Global& GlobalOf(const ir::Instr& instr) const {
    return module.globals[static_cast<size_t>(instr.imm)];
  }
  ir::Store& StoreOf(uint32_t global) const {
    return module.globals[global].in_kernel && kernel_store != nullptr ? *kernel_store
                                                                       : local_store;
  }

  // Fills `values` with what the operands hold.
  void GatherValues(const std::vector<ir::Operand>& args);
  // The instruction's format applied to its args; valid until the next call.
  std::string_view Formatted(const ir::Instr& instr, bool escape);
};

using Handler = void (*)(Machine&, const ir::Instr&);

// The array key that begins at args[first], as layout.h lays it out.
std::span<const uint8_t> EncodeKey(Machine& m, const ir::Instr& instr, size_t first);

// long_ops.cc
void DoMove(Machine& m, const ir::Instr& instr);
Handler LongHandler(ir::Op op);  // kAdd … kGe
void DoPtrOk(Machine& m, const ir::Instr& instr);
// memory_ops.cc
void DoArg(Machine& m, const ir::Instr& instr);
void DoContext(Machine& m, const ir::Instr& instr);
void DoLoad(Machine& m, const ir::Instr& instr);
void DoLoadStr(Machine& m, const ir::Instr& instr);
void DoRead(Machine& m, const ir::Instr& instr);
void DoReadStr(Machine& m, const ir::Instr& instr);
void DoReadBytes(Machine& m, const ir::Instr& instr);
void DoTaskFromPid(Machine& m, const ir::Instr& instr);
void DoChainCapture(Machine& m, const ir::Instr& instr);
// string_ops.cc
void DoChainText(Machine& m, const ir::Instr& instr);
void DoStrLen(Machine& m, const ir::Instr& instr);
void DoStrByte(Machine& m, const ir::Instr& instr);
void DoStrSetByte(Machine& m, const ir::Instr& instr);
void DoStrSub(Machine& m, const ir::Instr& instr);
void DoStrAppend(Machine& m, const ir::Instr& instr);
void DoStrCompare(Machine& m, const ir::Instr& instr);
void DoStrTable(Machine& m, const ir::Instr& instr);
void DoFormat(Machine& m, const ir::Instr& instr);
// regex_ops.cc
void DoRegexTest(Machine& m, const ir::Instr& instr);
void DoRegexMatch(Machine& m, const ir::Instr& instr);
void DoRegexForget(Machine& m, const ir::Instr& instr);
void DoRegexGroup(Machine& m, const ir::Instr& instr);
void DoRegexGroups(Machine& m, const ir::Instr& instr);
// global_ops.cc
void DoGlobalLoad(Machine& m, const ir::Instr& instr);
void DoGlobalStore(Machine& m, const ir::Instr& instr);
void DoGlobalAdd(Machine& m, const ir::Instr& instr);
void DoMapGet(Machine& m, const ir::Instr& instr);
void DoMapSet(Machine& m, const ir::Instr& instr);
void DoMapAdd(Machine& m, const ir::Instr& instr);
void DoMapHas(Machine& m, const ir::Instr& instr);
void DoMapDelete(Machine& m, const ir::Instr& instr);
void DoMapClear(Machine& m, const ir::Instr& instr);
void DoMapHasSome(Machine& m, const ir::Instr& instr);
void DoMapClearSome(Machine& m, const ir::Instr& instr);
void DoIterBegin(Machine& m, const ir::Instr& instr);
void DoIterNext(Machine& m, const ir::Instr& instr);
// stat_ops.cc
void DoStatPush(Machine& m, const ir::Instr& instr);
void DoStatGet(Machine& m, const ir::Instr& instr);
void DoStatBucket(Machine& m, const ir::Instr& instr);
void DoHistogram(Machine& m, const ir::Instr& instr);
// output_ops.cc
void DoPrint(Machine& m, const ir::Instr& instr);
void DoEvent(Machine& m, const ir::Instr& instr);
void DoExit(Machine& m, const ir::Instr& instr);
void DoError(Machine& m, const ir::Instr& instr);
void DoWarn(Machine& m, const ir::Instr& instr);
void DoLog(Machine& m, const ir::Instr& instr);
void DoNothing(Machine& m, const ir::Instr& instr);

}  // namespace podtap::interp
