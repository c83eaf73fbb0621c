// A Module as text. One line a thing, so that diffs of dumps read well; read.cc
// takes it back. Sites are written as `!N` and listed with their places, and
// strings are JSON-like, with escapes.
//
//   literal 0 "SIGKILL"
//   format 0 lit"killed by " s lit"\n"
//   global 0 "count" long keys i64,str:16 max 2048 kernel
//   site 0 4:11-4:20 …
//   program "kernel.trace(\"x\")" written "signal.send" attach tracepoint "signal" "x" 9873
//     reg %0 ptr 123 "task"
//     block 0
//       %1 = load %0 imm 2444 size 4 signed !3
//       branch %1 2 3
#include <cstdio>
#include <string>

#include "ir/passes.h"
#include "ir/text.h"

namespace podtap::ir {
namespace {

std::string OperandText(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::kReg:
      return "%" + std::to_string(operand.reg);
    case Operand::Kind::kLiteral:
      return "@" + std::to_string(operand.imm);
    case Operand::Kind::kImm:
      return std::to_string(operand.imm);
  }
  return "?";
}

std::string DirectiveText(const Directive& piece) {
  std::string text = ConversionName(piece.conversion);
  if (piece.conversion == Directive::Conversion::kLiteral) return text + Quote(piece.text);
  std::string flags;
  if (piece.left) flags += '-';
  if (piece.zero) flags += '0';
  if (piece.plus) flags += '+';
  if (piece.space) flags += '_';
  if (piece.alternate) flags += '#';
  if (!flags.empty()) text += ":" + flags;
  if (piece.width != -1) text += ":w" + std::to_string(piece.width);
  if (piece.precision != -1) text += ":p" + std::to_string(piece.precision);
  if (piece.conversion == Directive::Conversion::kTable) {
    text += ":t" + std::to_string(piece.table_index);
  }
  return text;
}

std::string TypeText(Type type, uint32_t cap, uint32_t btf_id) {
  switch (type) {
    case Type::kI64:
      return "i64";
    case Type::kPtr:
      return "ptr:" + std::to_string(btf_id);
    case Type::kStr:
      return "str:" + std::to_string(cap);
    case Type::kChain:
      return "chain";
  }
  return "?";
}

struct AttachText {
  std::string operator()(const AttachBegin& a) const { return "begin " + std::to_string(a.order); }
  std::string operator()(const AttachEnd& a) const { return "end " + std::to_string(a.order); }
  std::string operator()(const AttachError& a) const { return "error " + std::to_string(a.order); }
  std::string operator()(const AttachNever&) const { return "never"; }
  std::string operator()(const AttachTimer& a) const {
    return "timer " + std::to_string(a.interval_ns) + " " + std::to_string(a.randomize_ns);
  }
  std::string operator()(const AttachTracepoint& a) const {
    return "tracepoint " + Quote(a.subsystem) + " " + Quote(a.name) + " " +
           std::to_string(a.btf_id);
  }
  std::string operator()(const AttachProfile& a) const {
    return "profile " + std::to_string(a.frequency_hz);
  }
  std::string operator()(const AttachCall& a) const {
    return "call " + std::string(Info(a.op).name) + " " + std::to_string(a.global) + " " +
           std::to_string(a.first_key) + " " + std::to_string(a.key_count);
  }
};

std::string InstrText(const Instr& instr) {
  std::string text = "    ";
  if (instr.dst != kNoReg || instr.dst2 != kNoReg) {
    text += instr.dst == kNoReg ? "_" : "%" + std::to_string(instr.dst);
    if (instr.dst2 != kNoReg) text += ", %" + std::to_string(instr.dst2);
    text += " = ";
  }
  text += Info(instr.op).name;
  for (const Operand& operand : instr.args) text += " " + OperandText(operand);
  if (instr.imm != 0) text += " imm " + std::to_string(instr.imm);
  if (instr.aux != 0) text += " aux " + std::to_string(instr.aux);
  if (instr.size != 8) text += " size " + std::to_string(instr.size);
  if (instr.is_signed) text += " signed";
  if (instr.site != kNone) text += " !" + std::to_string(instr.site);
  return text + "\n";
}

std::string TerminatorText(const Terminator& end) {
  std::string text = "    ";
  switch (end.kind) {
    case Terminator::Kind::kReturn:
      text += "return";
      break;
    case Terminator::Kind::kJump:
      text += "jump " + std::to_string(end.then_block);
      break;
    case Terminator::Kind::kBranch:
      text += "branch " + OperandText(end.cond) + " " + std::to_string(end.then_block) + " " +
              std::to_string(end.else_block);
      break;
    case Terminator::Kind::kLoopGuard:
      text += "guard " + std::to_string(end.then_block) + " " + std::to_string(end.else_block);
      break;
  }
  if (end.site != kNone) text += " !" + std::to_string(end.site);
  return text + "\n";
}

void DumpGlobal(const Global& global, std::string& out) {
  out += "global " + Quote(global.name) + " ";
  out += global.value == ValueType::kLong     ? "long"
         : global.value == ValueType::kString ? "string:" + std::to_string(global.value_cap)
                                              : "stats";
  out += " max " + std::to_string(global.max_entries);
  for (const Global::Key& key : global.keys) out += " key " + TypeText(key.type, key.cap, 0);
  if (global.wrap) out += " wrap";
  if (global.in_kernel) out += " kernel";
  if (global.boxed) out += " boxed";
  if (global.print_at_end) out += " print";
  if (global.log_histogram) out += " log";
  if (global.linear_histogram) {
    out += " linear " + std::to_string(global.linear_histogram->low) + " " +
           std::to_string(global.linear_histogram->high) + " " +
           std::to_string(global.linear_histogram->step);
  }
  if (global.stat_fields != kAllStatFields) out += " fields " + std::to_string(global.stat_fields);
  if (global.init_long != 0) out += " init " + std::to_string(global.init_long);
  if (!global.init_string.empty()) out += " text " + Quote(global.init_string);
  out += "\n";
}

void DumpIteration(const Iteration& iteration, std::string& out) {
  out += "iteration global " + std::to_string(iteration.global) + " sort " +
         std::to_string(iteration.sort_direction) + " column " +
         std::to_string(iteration.sort_column) + " stat " +
         std::to_string(static_cast<int>(iteration.sort_stat));
  if (iteration.most != UINT32_MAX) out += " most " + std::to_string(iteration.most);
  for (Reg reg : iteration.key_regs) out += " key %" + std::to_string(reg);
  if (iteration.value_reg != kNoReg) out += " value %" + std::to_string(iteration.value_reg);
  for (const Iteration::Filter& filter : iteration.filters) {
    out += filter.any ? " any" : " only " + OperandText(filter.value);
  }
  out += "\n";
}

void DumpProgram(const Program& program, std::string& out) {
  out += "program " + Quote(program.name) + " written " + Quote(program.written) + " attach " +
         std::visit(AttachText{}, program.attach);
  if (program.site != kNone) out += " !" + std::to_string(program.site);
  out += "\n";
  for (const RegInfo& reg : program.regs) {
    out += "  reg " + TypeText(reg.type, reg.cap, reg.btf_id);
    if (!reg.name.empty()) out += " " + Quote(reg.name);
    out += "\n";
  }
  for (size_t i = 0; i < program.blocks.size(); i++) {
    out += "  block " + std::to_string(i) + "\n";
    for (const Instr& instr : program.blocks[i].instrs) out += InstrText(instr);
    out += TerminatorText(program.blocks[i].end);
  }
}

}  // namespace

std::string Dump(const Module& module) {
  std::string out;
  const Limits& limits = module.limits;
  out += "limits " + std::to_string(limits.max_string) + " " + std::to_string(limits.max_action) +
         " " + std::to_string(limits.max_action_user) + " " +
         std::to_string(limits.max_map_entries) + " " + std::to_string(limits.max_nesting) + " " +
         std::to_string(limits.max_errors) + " target " + std::to_string(module.target_pid) + "\n";
  for (const std::string& literal : module.literals) out += "literal " + Quote(literal) + "\n";
  for (const Format& format : module.formats) {
    out += "format";
    for (const Directive& piece : format.pieces) out += " " + DirectiveText(piece);
    out += "\n";
  }
  for (const Global& global : module.globals) DumpGlobal(global, out);
  for (const EventType& event : module.events) {
    out += "event " + Quote(event.name);
    for (const EventType::Field& field : event.fields) {
      out += " " + TypeText(field.type, 0, 0) + " " + Quote(field.name);
    }
    out += "\n";
  }
  for (const StringTable& table : module.tables) {
    out += "table " + Quote(table.name) + (table.hex_fallback ? " hex" : " empty");
    for (const std::string& entry : table.entries) out += " " + Quote(entry);
    out += "\n";
  }
  for (const regex::Automaton& regex : module.regexes) {
    out += "regex " + Quote(regex.pattern) + (regex.captures ? " captures" : "") + "\n";
  }
  for (const Iteration& iteration : module.iterations) DumpIteration(iteration, out);
  for (const Site& site : module.sites) {
    out += "site " + Quote(site.near) + " " + Quote(site.file) + " " + std::to_string(site.line) +
           " " + std::to_string(site.column) + "\n";
  }
  for (const Program& program : module.programs) DumpProgram(program, out);
  return out;
}

}  // namespace podtap::ir
