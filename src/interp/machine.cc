#include "interp/machine.h"

#include <algorithm>
#include <cstring>

#include "ir/layout.h"

namespace podtap::interp {

Registers::Registers(const ir::Program& program, uint32_t max_string) {
  const size_t count = program.regs.size();
  longs.resize(count);
  strings.resize(count);
  limits.resize(count);
  chain_of.resize(count);
  for (uint32_t reg = 0; reg < count; reg++) {
    const ir::RegInfo& info = program.regs[reg];
    if (info.type == ir::Type::kStr) {
      const uint32_t most = info.cap > 0 ? std::min(info.cap, max_string) : max_string;
      limits[reg] = most > 0 ? most - 1 : 0;
      string_regs.push_back(reg);
    } else if (info.type == ir::Type::kChain) {
      chain_of[reg] = static_cast<uint32_t>(chains.size());
      chains.emplace_back();
    }
  }
}

void Registers::Clear() {
  std::ranges::fill(longs, 0);
  for (const uint32_t reg : string_regs) strings[reg].clear();
  for (ChainValue& chain : chains) chain.count = 0;
}

void Machine::GatherValues(const std::vector<ir::Operand>& args) {
  values.resize(args.size());
  for (size_t i = 0; i < args.size(); i++) {
    const ir::Operand& arg = args[i];
    ir::FormatValue& to = values[i];
    to = {};
    if (arg.is_literal()) {
      to.text = Str(arg);
      to.literal = true;
    } else if (arg.is_imm()) {
      to.number = arg.imm;
    } else if (Info(arg.reg).type == ir::Type::kStr) {
      to.text = regs->strings[arg.reg];
    } else if (Info(arg.reg).type == ir::Type::kChain) {
      to.text = Chain(arg.reg).bytes();
    } else {
      to.number = regs->longs[arg.reg];
    }
  }
}

std::string_view Machine::Formatted(const ir::Instr& instr, bool escape) {
  GatherValues(instr.args);
  text.clear();
  const ir::Format& format = module.formats[static_cast<size_t>(instr.imm)];
  if (escape) {
    ir::FormatTextEscaped(format, values, text);
  } else {
    ir::FormatText(format, values, text);
  }
  return text;
}

std::span<const uint8_t> EncodeKey(Machine& m, const ir::Instr& instr, size_t first) {
  const auto number = static_cast<size_t>(instr.imm);
  m.key.assign(m.key_sizes[number], 0);
  size_t offset = 0;
  const std::vector<ir::Global::Key>& keys = m.module.globals[number].keys;
  for (size_t i = 0; i < keys.size() && first + i < instr.args.size(); i++) {
    const ir::Operand& arg = instr.args[first + i];
    if (keys[i].type == ir::Type::kStr) {
      std::string_view text = m.Str(arg);
      text = text.substr(0, std::min<size_t>(text.find('\0'), std::max(keys[i].cap, 1u) - 1));
      std::memcpy(m.key.data() + offset, text.data(), text.size());
      offset += keys[i].cap;
    } else {
      const int64_t value = m.Long(arg);
      std::memcpy(m.key.data() + offset, &value, sizeof value);
      offset += sizeof value;
    }
  }
  return m.key;
}

}  // namespace podtap::interp
