#include "lower/builder.h"

#include "lower/string_tables.h"

namespace podtap::lower {

uint32_t ModuleTables::Literal(std::string_view text) {
  const size_t longest = module_.limits.max_string - 1;
  if (text.size() > longest) text = text.substr(0, longest);
  if (auto it = literals_.find(text); it != literals_.end()) return it->second;
  const auto index = static_cast<uint32_t>(module_.literals.size());
  module_.literals.emplace_back(text);
  literals_.emplace(text, index);
  return index;
}

uint32_t ModuleTables::AddFormat(ir::Format format) {
  module_.formats.push_back(std::move(format));
  return static_cast<uint32_t>(module_.formats.size() - 1);
}

ir::SiteId ModuleTables::Site(const lang::Token& token) {
  if (!token.span.valid()) return ir::kNone;
  const std::pair key{token.span.file, (uint64_t{token.span.begin} << 32) | token.span.end};
  if (auto it = sites_.find(key); it != sites_.end()) return it->second;
  ir::Site site;
  site.span = token.span;
  site.token = token.token_class;
  site.near = source::DescribeToken(sources_, token.span, token.token_class) + " at " +
              sources_.Where(token.span);
  const source::LineColumn place = sources_.Locate(token.span);
  site.line = place.line;
  site.column = place.column;
  site.file = std::string(sources_.Name(token.span.file));
  module_.sites.push_back(std::move(site));
  const auto id = static_cast<ir::SiteId>(module_.sites.size() - 1);
  sites_.emplace(key, id);
  return id;
}

uint32_t ModuleTables::Table(std::string_view name) {
  if (auto it = tables_.find(name); it != tables_.end()) return it->second;
  std::optional<ir::StringTable> table = MakeStringTable(name);
  if (!table) return ir::kNone;
  const auto index = static_cast<uint32_t>(module_.tables.size());
  module_.tables.push_back(std::move(*table));
  tables_.emplace(name, index);
  return index;
}

uint32_t ModuleTables::Words(const std::string& words) {
  if (auto it = tables_.find(words); it != tables_.end()) return it->second;
  ir::StringTable table{.name = "words", .entries = {}, .hex_fallback = false};
  std::string_view rest = words;
  while (!rest.empty()) {
    const size_t space = rest.find(' ');
    table.entries.emplace_back(rest.substr(0, space));
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  const auto index = static_cast<uint32_t>(module_.tables.size());
  module_.tables.push_back(std::move(table));
  tables_.emplace(words, index);
  return index;
}

std::expected<uint32_t, regex::Problem> ModuleTables::Regex(const std::string& pattern,
                                                            bool captures) {
  for (uint32_t i = 0; i < module_.regexes.size(); i++) {
    const regex::Automaton& made = module_.regexes[i];
    if (made.pattern == pattern && made.captures == captures) return i;
  }
  auto made = regex::Compile(pattern, captures);
  if (!made) return std::unexpected(made.error());
  module_.regexes.push_back(std::move(*made));
  return static_cast<uint32_t>(module_.regexes.size() - 1);
}

std::shared_ptr<const ir::StringTable> ModuleTables::TableText(uint32_t table) {
  auto& text = table_texts_[table];
  if (!text) text = std::make_shared<const ir::StringTable>(module_.tables[table]);
  return text;
}

ProgramBuilder::ProgramBuilder(ModuleTables& tables, ir::Program& program)
    : tables_(tables), program_(program) {
  SetBlock(NewBlock());
}

ir::Reg ProgramBuilder::NewReg(ir::RegInfo info) {
  program_.regs.push_back(std::move(info));
  return static_cast<ir::Reg>(program_.regs.size() - 1);
}

ir::BlockId ProgramBuilder::NewBlock() {
  program_.blocks.emplace_back();
  return static_cast<ir::BlockId>(program_.blocks.size() - 1);
}

ir::Instr& ProgramBuilder::Emit(ir::Instr instr) {
  // Code after a return is lowered, for its diagnostics, into a block that
  // nothing reaches; Optimise drops it.
  if (ended_) SetBlock(NewBlock());
  if (instr.site == ir::kNone) instr.site = site_;
  count_++;
  auto& instrs = program_.blocks[block_].instrs;
  instrs.push_back(std::move(instr));
  return instrs.back();
}

ir::Reg ProgramBuilder::EmitLong(ir::Op op, std::vector<ir::Operand> args, int64_t imm) {
  ir::Instr instr;
  instr.op = op;
  instr.dst = NewLong();
  instr.args = std::move(args);
  instr.imm = imm;
  return Emit(std::move(instr)).dst;
}

void ProgramBuilder::EmitMove(ir::Reg to, ir::Operand from) {
  ir::Instr instr;
  instr.op = ir::Op::kMove;
  instr.dst = to;
  instr.args = {from};
  Emit(std::move(instr));
}

void ProgramBuilder::End(ir::Terminator end) {
  if (ended_) return;
  end.site = site_;
  program_.blocks[block_].end = end;
  ended_ = true;
}

void ProgramBuilder::Jump(ir::BlockId to) {
  ir::Terminator end;
  end.kind = ir::Terminator::Kind::kJump;
  end.then_block = to;
  End(end);
}

void ProgramBuilder::Branch(ir::Operand cond, ir::BlockId then_block, ir::BlockId else_block) {
  if (cond.is_imm()) return Jump(cond.imm != 0 ? then_block : else_block);
  ir::Terminator end;
  end.kind = ir::Terminator::Kind::kBranch;
  end.cond = cond;
  end.then_block = then_block;
  end.else_block = else_block;
  End(end);
}

void ProgramBuilder::LoopGuard(ir::BlockId body, ir::BlockId overflow) {
  ir::Terminator end;
  end.kind = ir::Terminator::Kind::kLoopGuard;
  end.then_block = body;
  end.else_block = overflow;
  End(end);
}

void ProgramBuilder::Return() {
  ir::Terminator end;
  end.kind = ir::Terminator::Kind::kReturn;
  End(end);
}

}  // namespace podtap::lower
