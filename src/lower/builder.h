// ProgramBuilder: appends instructions to the program that is being lowered.
//
// It knows nothing of the language: registers, blocks, literals, formats, sites.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/ir.h"
#include "kernel/btf.h"
#include "lang/tree.h"
#include "lower/value.h"
#include "regex/regex.h"

namespace podtap::lower {

// Interns the things of a Module that programs share.
class ModuleTables {
 public:
  explicit ModuleTables(const source::SourceSet& sources, ir::Module& module)
      : sources_(sources), module_(module) {}
  uint32_t Literal(std::string_view text);
  uint32_t AddFormat(ir::Format format);
  ir::SiteId Site(const lang::Token& token);
  uint32_t Table(std::string_view name);     // "signal", "errno"; ir::kNone if unknown
  uint32_t Words(const std::string& words);  // a table of the words in it
  // An index into Module::regexes, or what is wrong with the pattern.
  std::expected<uint32_t, regex::Problem> Regex(const std::string& pattern, bool captures);
  std::shared_ptr<const ir::StringTable> TableText(uint32_t table);
  ir::Module& module() { return module_; }
  const source::SourceSet& sources() const { return sources_; }

 private:
  const source::SourceSet& sources_;
  ir::Module& module_;
  std::map<std::string, uint32_t, std::less<>> literals_;
  std::map<std::pair<uint32_t, uint64_t>, ir::SiteId> sites_;
  std::map<std::string, uint32_t, std::less<>> tables_;
  std::map<uint32_t, std::shared_ptr<const ir::StringTable>> table_texts_;
};

class ProgramBuilder {
 public:
  ProgramBuilder(ModuleTables& tables, ir::Program& program);

  ir::Reg NewLong() { return NewReg({.type = ir::Type::kI64, .cap = 0, .btf_id = 0, .name = ""}); }
  ir::Reg NewString() {
    return NewReg({.type = ir::Type::kStr, .cap = 0, .btf_id = 0, .name = ""});
  }
  ir::Reg NewPointer(kernel::TypeId pointee) {
    return NewReg({.type = ir::Type::kPtr, .cap = 0, .btf_id = pointee, .name = ""});
  }
  ir::Reg NewReg(ir::RegInfo info);

  ir::BlockId NewBlock();
  void SetBlock(ir::BlockId block) {
    block_ = block;
    ended_ = false;
  }
  ir::BlockId block() const { return block_; }
  // False after a jump or return, until SetBlock: what follows can't be reached.
  bool reachable() const { return !ended_; }

  ir::Instr& Emit(ir::Instr instr);
  // The common shapes: d = op(args).
  ir::Reg EmitLong(ir::Op op, std::vector<ir::Operand> args, int64_t imm = 0);
  void EmitMove(ir::Reg to, ir::Operand from);
  void Jump(ir::BlockId to);
  void Branch(ir::Operand cond, ir::BlockId then_block, ir::BlockId else_block);
  void LoopGuard(ir::BlockId body, ir::BlockId overflow);
  void Return();

  // The place that instructions get until it is set again.
  void set_site(ir::SiteId site) { site_ = site; }
  ir::SiteId site() const { return site_; }
  ir::Operand Literal(std::string_view text) { return ir::Operand::L(tables_.Literal(text)); }
  ModuleTables& tables() { return tables_; }
  ir::Program& program() { return program_; }
  size_t instruction_count() const { return count_; }
  bool is_tapset(const lang::Token& token) const {
    return token.span.valid() && tables_.sources().IsTapset(token.span.file);
  }

 private:
  void End(ir::Terminator end);
  ModuleTables& tables_;
  ir::Program& program_;
  ir::BlockId block_ = 0;
  ir::SiteId site_ = ir::kNone;
  bool ended_ = false;
  size_t count_ = 0;
};

}  // namespace podtap::lower
