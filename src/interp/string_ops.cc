// Strings: bytes up to their register's limit, compared as unsigned.
#include <algorithm>

#include "interp/machine.h"

namespace podtap::interp {

using ir::Op;

void DoChainText(Machine& m, const ir::Instr& instr) {
  m.text.clear();
  ir::FormatChain(m.Chain(instr.args[0].reg).bytes(), instr.imm == 1, m.text);
  m.SetStr(instr.dst, m.text);
}

void DoStrLen(Machine& m, const ir::Instr& instr) {
  m.SetLong(instr.dst, static_cast<int64_t>(m.Str(instr.args[0]).size()));
}

void DoStrByte(Machine& m, const ir::Instr& instr) {
  const std::string_view text = m.Str(instr.args[0]);
  const auto at = static_cast<uint64_t>(m.Long(instr.args[1]));  // negative: far beyond the end
  m.SetLong(instr.dst, at < text.size() ? static_cast<unsigned char>(text[at]) : 0);
}

// At the end it makes the string longer, a NUL makes it shorter; a byte beyond
// the end would stand behind a NUL, where nobody sees it.
void DoStrSetByte(Machine& m, const ir::Instr& instr) {
  std::string& text = m.regs->strings[instr.dst];
  const auto at = static_cast<uint64_t>(m.Long(instr.args[0]));
  const auto byte = static_cast<char>(m.Long(instr.args[1]));
  if (at > text.size() || at >= m.regs->limits[instr.dst]) return;
  if (byte == '\0') {
    text.resize(at);
  } else if (at == text.size()) {
    text.push_back(byte);
  } else {
    text[at] = byte;
  }
}

void DoStrSub(Machine& m, const ir::Instr& instr) {
  const std::string_view text = m.Str(instr.args[0]);
  const auto size = static_cast<int64_t>(text.size());
  const int64_t from = std::clamp<int64_t>(m.Long(instr.args[1]), 0, size);
  const int64_t length = std::clamp<int64_t>(m.Long(instr.args[2]), 0, size - from);
  m.SetStr(instr.dst, text.substr(static_cast<size_t>(from), static_cast<size_t>(length)));
}

void DoStrAppend(Machine& m, const ir::Instr& instr) {
  std::string& text = m.regs->strings[instr.dst];
  std::string_view more = m.Str(instr.args[0]);
  const auto end = static_cast<uint64_t>(m.Long(ir::Operand::R(instr.dst2)));
  const size_t keep = std::min<uint64_t>(end, text.size());
  const size_t room = m.regs->limits[instr.dst] - std::min<size_t>(keep, m.regs->limits[instr.dst]);
  more = more.substr(0, room);
  if (instr.args[0].is_reg() && instr.args[0].reg == instr.dst) {
    m.text.assign(more);  // it is about to be cut
    more = m.text;
  }
  text.resize(keep);
  text.append(more);
  m.SetLong(instr.dst2, static_cast<int64_t>(text.size()));
}

void DoStrCompare(Machine& m, const ir::Instr& instr) {
  const int order = m.Str(instr.args[0]).compare(m.Str(instr.args[1]));
  bool result = false;
  switch (instr.op) {
    case Op::kStrEq:
      result = order == 0;
      break;
    case Op::kStrNe:
      result = order != 0;
      break;
    case Op::kStrLt:
      result = order < 0;
      break;
    case Op::kStrLe:
      result = order <= 0;
      break;
    case Op::kStrGt:
      result = order > 0;
      break;
    case Op::kStrGe:
      result = order >= 0;
      break;
    default:
      break;
  }
  m.SetLong(instr.dst, result);
}

void DoStrTable(Machine& m, const ir::Instr& instr) {
  const ir::StringTable& table = m.module.tables[static_cast<size_t>(instr.imm)];
  m.text.clear();
  ir::FormatTable(table, m.Long(instr.args[0]), m.text);
  m.SetStr(instr.dst, m.text);
}

void DoFormat(Machine& m, const ir::Instr& instr) {
  // A NUL that %b or %m made ends the string, as strings here are.
  const std::string_view text = m.Formatted(instr, false);
  m.SetStr(instr.dst, text.substr(0, text.find('\0')));
}

}  // namespace podtap::interp
