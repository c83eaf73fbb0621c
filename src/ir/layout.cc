#include "ir/layout.h"

#include <algorithm>
#include <cstring>

namespace podtap::ir {
namespace {

uint32_t RoundUp(uint64_t bytes) { return static_cast<uint32_t>((bytes + 7) & ~uint64_t{7}); }

uint32_t LinearBuckets(const Global::Linear& linear) {
  // One below `low`, one above `high`, and one a step, `high` itself included.
  // Saturating: a script may ask for more than there is memory.
  constexpr uint64_t kMost = 4096;
  if (linear.step <= 0 || linear.high < linear.low) return 3;
  const uint64_t range = static_cast<uint64_t>(linear.high) - static_cast<uint64_t>(linear.low);
  const uint64_t steps = range / static_cast<uint64_t>(linear.step);
  return static_cast<uint32_t>(std::min(steps, kMost) + 3);
}

bool WritesItem(Op op) {
  switch (op) {
    case Op::kPrint:
    case Op::kEvent:
    case Op::kError:
    case Op::kWarn:
    case Op::kLog:
    case Op::kExit:
      return true;
    default:
      return false;
  }
}

Item::Field FieldOf(const Program& program, const Operand& arg) {
  using Kind = Item::Field::Kind;
  if (!arg.is_reg()) return {.kind = Kind::kConstant, .cap = 0, .constant = arg};
  const RegInfo& reg = program.regs[arg.reg];
  switch (reg.type) {
    case Type::kStr:
      return {.kind = reg.cap <= kMaxInlineString ? Kind::kInlineString : Kind::kLongString,
              .cap = reg.cap,
              .constant = {}};
    case Type::kChain:
      return {.kind = Kind::kChain, .cap = 0, .constant = {}};
    default:
      return {};
  }
}

uint32_t FieldSize(const Item::Field& field) {
  using Kind = Item::Field::Kind;
  switch (field.kind) {
    case Kind::kConstant:
      return 0;
    case Kind::kLong:
      return 8;
    case Kind::kInlineString:
      return field.cap;
    case Kind::kLongString:
      return 8 + field.cap;
    case Kind::kChain:
      return 8 + kMaxChain * uint32_t{sizeof(ChainEntry)};
  }
  return 0;
}

Item ItemOf(const Program& program, const Instr& instr) {
  Item item{.op = instr.op,
            .index = static_cast<uint32_t>(instr.imm),
            .site = instr.site,
            .fields = {},
            .max_size = sizeof(ItemHeader)};
  for (const Operand& arg : instr.args) {
    item.fields.push_back(FieldOf(program, arg));
    item.max_size += FieldSize(item.fields.back());
  }
  return item;
}

void AddItems(const Program& program, std::vector<std::vector<uint32_t>>& item_of, Layout& layout) {
  for (const Block& block : program.blocks) {
    std::vector<uint32_t>& numbers = item_of.emplace_back(block.instrs.size(), kNone);
    for (size_t i = 0; i < block.instrs.size(); i++) {
      if (!WritesItem(block.instrs[i].op)) continue;
      numbers[i] = static_cast<uint32_t>(layout.items.size());
      layout.items.push_back(ItemOf(program, block.instrs[i]));
    }
  }
}

void PlaceScalars(const Module& module, bool all_in_kernel, Layout& layout) {
  for (const Global& global : module.globals) {
    const bool shared = (global.in_kernel || all_in_kernel) && !global.is_array();
    layout.scalar_offset.push_back(shared ? layout.control_map_size : kNone);
    if (shared) layout.control_map_size += ScalarSize(global);
  }
}

// Appends the text as a string of `cap` bytes: cut at a NUL of its own, which a
// kernel string can't hold, and zero-padded.
void AddText(std::string_view text, uint32_t cap, std::vector<uint8_t>& rodata) {
  text = text.substr(0, text.find('\0')).substr(0, cap - 1);
  rodata.insert(rodata.end(), text.begin(), text.end());
  rodata.resize(rodata.size() + cap - text.size());
}

template <typename T>
uint32_t Append(std::vector<uint8_t>& rodata, const std::vector<T>& values) {
  rodata.resize(RoundUp(rodata.size()));
  const size_t at = rodata.size(), bytes = values.size() * sizeof(T);
  rodata.resize(at + bytes);
  if (bytes > 0) std::memcpy(rodata.data() + at, values.data(), bytes);
  return static_cast<uint32_t>(at);
}

void PlaceRegex(const regex::Automaton& automaton, Layout& layout) {
  constexpr size_t kRoom = 512;
  RegexPlace place;
  std::vector<uint8_t> pool;
  std::vector<uint16_t> list_begins;
  for (const std::vector<regex::Move>& list : automaton.move_lists) {
    list_begins.push_back(static_cast<uint16_t>(pool.size() / 2));
    for (const regex::Move& move : list) pool.insert(pool.end(), {move.to, move.from});
    pool.insert(pool.end(), {kListEnd, 0});
  }
  std::vector<uint16_t> moves;
  for (const uint16_t list : automaton.moves) moves.push_back(list_begins[list]);
  place.start_list = automaton.captures ? list_begins[automaton.start_moves] : uint16_t{0};
  place.pool_pairs = static_cast<uint32_t>(pool.size() / 2);
  place.classes = Append(
      layout.rodata, std::vector<uint8_t>(automaton.class_of.begin(), automaton.class_of.end()));
  place.next = Append(layout.rodata, automaton.next);
  place.moves = Append(layout.rodata, moves);
  place.pool = Append(layout.rodata, pool);
  layout.rodata.resize(RoundUp(layout.rodata.size()) + kRoom);
  layout.regexes.push_back(place);
}

// What a kernel program makes a new element of statistics from, or deletes with.
void PlaceZeroes(const Module& module, bool all_in_kernel, Layout& layout) {
  uint32_t most = 0;
  for (const Global& global : module.globals) {
    if (global.value != ValueType::kStats || !(global.in_kernel || all_in_kernel)) continue;
    most = std::max(most, ValueSize(global));
  }
  layout.zero_offset = static_cast<uint32_t>(layout.rodata.size());
  layout.rodata.resize(layout.rodata.size() + most);
}

void PlaceConstants(const Module& module, Layout& layout) {
  const uint32_t limit = std::max(RoundUp(module.limits.max_string), 8u);
  const auto here = [&] { return static_cast<uint32_t>(layout.rodata.size()); };
  for (const std::string& literal : module.literals) {
    layout.literal_offset.push_back(here());
    layout.literal_cap.push_back(std::min(RoundUp(literal.size() + 1), limit));
    AddText(literal, layout.literal_cap.back(), layout.rodata);
  }
  for (const StringTable& table : module.tables) {
    uint32_t stride = 8;
    for (const std::string& entry : table.entries) {
      stride = std::max(stride, std::min(RoundUp(entry.size() + 1), limit));
    }
    layout.table_offset.push_back(here());
    layout.table_stride.push_back(stride);
    for (const std::string& entry : table.entries) AddText(entry, stride, layout.rodata);
  }
}

}  // namespace

uint32_t KeySize(const Global& global) {
  uint32_t size = 0;
  for (const Global::Key& key : global.keys) size += key.type == Type::kStr ? key.cap : 8;
  return size;
}

uint32_t SequenceOffset(const Global& global) {
  switch (global.value) {
    case ValueType::kLong:
      return 8;
    case ValueType::kString:
      return global.value_cap;
    case ValueType::kStats:
      break;
  }
  uint32_t size = sizeof(StatValue);
  if (global.log_histogram) size += kLogBuckets * 8;
  if (global.linear_histogram) size += LinearBuckets(*global.linear_histogram) * 8;
  return size;
}

uint32_t StampOffset(const Global& global) { return SequenceOffset(global) + 8; }

uint32_t ValueSize(const Global& global) {
  return StampOffset(global) + (global.value == ValueType::kString ? 8 : 0);
}

uint32_t ScalarSlotSize(const Global& global) { return SequenceOffset(global); }

uint32_t ScalarSize(const Global& global) {
  const uint32_t slot = ScalarSlotSize(global);
  return global.value == ValueType::kLong ? slot : kTurnSize + 2 * slot;
}

Layout MakeLayout(const Module& module, bool all_in_kernel) {
  Layout layout;
  layout.item_of.resize(module.programs.size());
  for (size_t i = 0; i < module.programs.size(); i++) {
    const Program& program = module.programs[i];
    if (all_in_kernel || IsKernelSide(program.attach)) AddItems(program, layout.item_of[i], layout);
  }
  PlaceScalars(module, all_in_kernel, layout);
  PlaceConstants(module, layout);
  for (const regex::Automaton& automaton : module.regexes) PlaceRegex(automaton, layout);
  PlaceZeroes(module, all_in_kernel, layout);
  return layout;
}

}  // namespace podtap::ir
