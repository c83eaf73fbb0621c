// Globals, arrays and foreach.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "interp/machine.h"
#include "ir/layout.h"

namespace podtap::interp {
namespace {

uint32_t NumberOf(const ir::Instr& instr) { return static_cast<uint32_t>(instr.imm); }

bool IsString(Machine& m, const ir::Instr& instr) {
  return m.GlobalOf(instr).value == ir::ValueType::kString;
}

ir::Store& StoreOf(Machine& m, const ir::Instr& instr) { return m.StoreOf(NumberOf(instr)); }

// The long scalar's place, for an atomic operation: kernel programs may add to it
// at the same time.
int64_t* LongOf(Machine& m, const ir::Instr& instr) {
  return StoreOf(m, instr).Long(NumberOf(instr));
}

void StoreText(std::string_view text, uint32_t cap, uint8_t* to) {
  if (cap == 0) return;
  text = text.substr(0, std::min<size_t>(text.find('\0'), cap - 1));
  std::memcpy(to, text.data(), text.size());
  std::memset(to + text.size(), 0, cap - text.size());
}

// `m.value` with room for the global's value, zeroed.
std::span<uint8_t> ValueRoom(Machine& m, const ir::Instr& instr) {
  m.value.assign(m.value_sizes[NumberOf(instr)], 0);
  return m.value;
}

void SetFromValue(Machine& m, ir::Reg dst, const ir::Global& global,
                  std::span<const uint8_t> value) {
  if (dst == ir::kNoReg) return;
  if (global.value == ir::ValueType::kString) {
    m.SetStr(dst, TextIn(value.first(global.value_cap)));
  } else {
    m.SetLong(dst, NumberIn(value));
  }
}

}  // namespace

void DoGlobalLoad(Machine& m, const ir::Instr& instr) {
  if (IsString(m, instr)) {
    StoreOf(m, instr).Text(NumberOf(instr), m.text);
    m.SetStr(instr.dst, m.text);
  } else if (int64_t* scalar = LongOf(m, instr)) {
    m.SetLong(instr.dst, std::atomic_ref<int64_t>(*scalar).load(std::memory_order_relaxed));
  }
}

void DoGlobalStore(Machine& m, const ir::Instr& instr) {
  if (IsString(m, instr)) {
    StoreOf(m, instr).SetText(NumberOf(instr), m.Str(instr.args[0]));
  } else if (int64_t* scalar = LongOf(m, instr)) {
    std::atomic_ref<int64_t>(*scalar).store(m.Long(instr.args[0]), std::memory_order_relaxed);
  }
}

void DoGlobalAdd(Machine& m, const ir::Instr& instr) {
  int64_t* scalar = LongOf(m, instr);
  if (scalar == nullptr) return;
  const std::atomic_ref<int64_t> shared(*scalar);
  m.SetLong(instr.dst, shared.fetch_add(m.Long(instr.args[0]), std::memory_order_relaxed));
}

void DoMapGet(Machine& m, const ir::Instr& instr) {
  const std::span<uint8_t> value = ValueRoom(m, instr);
  const bool found = m.StoreOf(NumberOf(instr)).Get(NumberOf(instr), EncodeKey(m, instr, 0), value);
  if (!found) std::ranges::fill(value, uint8_t{0});
  SetFromValue(m, instr.dst, m.GlobalOf(instr), value);
  m.SetLong(instr.dst2, found);
}

void DoMapSet(Machine& m, const ir::Instr& instr) {
  const ir::Global& global = m.GlobalOf(instr);
  const std::span<uint8_t> value = ValueRoom(m, instr);
  if (global.value == ir::ValueType::kString) {
    StoreText(m.Str(instr.args[0]), global.value_cap, value.data());
  } else {
    const int64_t number = m.Long(instr.args[0]);
    std::memcpy(value.data(), &number, sizeof number);
  }
  m.SetLong(instr.dst2,
            !m.StoreOf(NumberOf(instr)).Set(NumberOf(instr), EncodeKey(m, instr, 1), value));
}

void DoMapAdd(Machine& m, const ir::Instr& instr) {
  int64_t before = 0;
  const bool fits =
      m.StoreOf(NumberOf(instr))
          .Add(NumberOf(instr), EncodeKey(m, instr, 1), m.Long(instr.args[0]), before);
  m.SetLong(instr.dst, before);
  m.SetLong(instr.dst2, !fits);
}

void DoMapHas(Machine& m, const ir::Instr& instr) {
  const std::span<uint8_t> value = ValueRoom(m, instr);
  m.SetLong(instr.dst,
            m.StoreOf(NumberOf(instr)).Get(NumberOf(instr), EncodeKey(m, instr, 0), value));
}

void DoMapDelete(Machine& m, const ir::Instr& instr) {
  m.StoreOf(NumberOf(instr)).Delete(NumberOf(instr), EncodeKey(m, instr, 0));
}

void DoMapClear(Machine& m, const ir::Instr& instr) {
  m.StoreOf(NumberOf(instr)).Clear(NumberOf(instr));
}

namespace {

bool Passes(Machine& m, const ir::Iteration& iteration, Snapshot::Bytes key) {
  const ir::Global& global = m.module.globals[iteration.global];
  for (size_t i = 0; i < iteration.filters.size() && i < global.keys.size(); i++) {
    const ir::Iteration::Filter& filter = iteration.filters[i];
    if (filter.any) continue;
    const KeyPlace place = PlaceOfKey(global, i);
    const Snapshot::Bytes part = key.subspan(place.offset, place.size);
    const bool same = global.keys[i].type == ir::Type::kStr
                          ? TextIn(part) == m.Str(filter.value)
                          : NumberIn(part) == m.Long(filter.value);
    if (!same) return false;
  }
  return true;
}

}  // namespace

void DoMapHasSome(Machine& m, const ir::Instr& instr) {
  const ir::Iteration& iteration = m.module.iterations[instr.aux];
  bool found = false;
  StoreOf(m, instr).ForEach(NumberOf(instr), [&](Snapshot::Bytes key, Snapshot::Bytes) {
    found = found || Passes(m, iteration, key);
  });
  m.SetLong(instr.dst, found);
}

void DoMapClearSome(Machine& m, const ir::Instr& instr) {
  const ir::Iteration& iteration = m.module.iterations[instr.aux];
  std::vector<std::vector<uint8_t>> keys;
  StoreOf(m, instr).ForEach(NumberOf(instr), [&](Snapshot::Bytes key, Snapshot::Bytes) {
    if (Passes(m, iteration, key)) keys.emplace_back(key.begin(), key.end());
  });
  for (const std::vector<uint8_t>& key : keys) StoreOf(m, instr).Delete(NumberOf(instr), key);
}

void DoIterBegin(Machine& m, const ir::Instr& instr) {
  const ir::Iteration& iteration = m.module.iterations[instr.aux];
  const auto keep = [&](Snapshot::Bytes key) { return Passes(m, iteration, key); };
  size_t limit = SIZE_MAX;
  const ir::Operand& wanted = instr.args[0];
  if (!(wanted.is_imm() && wanted.imm == -1)) {
    limit = static_cast<size_t>(std::max<int64_t>(m.Long(wanted), 0));
  }
  m.iterations[instr.aux].Take(m.StoreOf(iteration.global), m.module, iteration.global,
                               {.direction = iteration.sort_direction,
                                .column = iteration.sort_column,
                                .stat = iteration.sort_stat},
                               keep, limit);
}

void DoIterNext(Machine& m, const ir::Instr& instr) {
  const ir::Iteration& iteration = m.module.iterations[instr.aux];
  const ir::Global& global = m.module.globals[iteration.global];
  Snapshot::Bytes key, value;
  const bool more = m.iterations[instr.aux].Next(key, value);
  m.SetLong(instr.dst, more);
  m.SetLong(instr.dst2, more);
  if (!more) return;
  for (size_t i = 0; i < iteration.key_regs.size() && i < global.keys.size(); i++) {
    const KeyPlace place = PlaceOfKey(global, i);
    const Snapshot::Bytes part = key.subspan(place.offset, place.size);
    if (global.keys[i].type == ir::Type::kStr) {
      m.SetStr(iteration.key_regs[i], TextIn(part));
    } else {
      m.SetLong(iteration.key_regs[i], NumberIn(part));
    }
  }
  if (iteration.value_reg == ir::kNoReg) return;
  // The count stands for a statistics value, which no register can hold.
  SetFromValue(m, iteration.value_reg, global, value);
}

}  // namespace podtap::interp
