// Statistics: pushing, extracting, histograms.
#include <algorithm>

#include "interp/machine.h"
#include "interp/statistics.h"
#include "ir/layout.h"

namespace podtap::interp {
namespace {

// The statistics value that the instruction names: in place for a scalar, a copy
// in m.value for an element. Empty when there is none.
std::span<uint8_t> Find(Machine& m, const ir::Instr& instr, size_t first_key) {
  const auto number = static_cast<uint32_t>(instr.imm);
  ir::Store& store = m.StoreOf(number);
  if (!m.GlobalOf(instr).is_array()) {
    uint8_t* scalar = store.Scalar(number);
    if (scalar == nullptr) return {};
    return {scalar, ir::SequenceOffset(m.GlobalOf(instr))};
  }
  m.value.assign(m.value_sizes[number], 0);
  if (!store.Get(number, EncodeKey(m, instr, first_key), m.value)) return {};
  return m.value;
}

}  // namespace

void DoStatPush(Machine& m, const ir::Instr& instr) {
  const auto number = static_cast<uint32_t>(instr.imm);
  const ir::Global& global = m.GlobalOf(instr);
  const int64_t pushed = m.Long(instr.args[0]);
  std::span<uint8_t> value = Find(m, instr, 1);
  bool full = false;
  if (global.is_array()) {
    if (value.empty()) {
      m.value.assign(m.value_sizes[number], 0);
      value = m.value;
    }
    PushStat(global, pushed, value);
    full = !m.StoreOf(number).Set(number, m.key, value);
  } else if (!value.empty()) {
    PushStat(global, pushed, value);
  }
  m.SetLong(instr.dst2, full);
}

void DoStatGet(Machine& m, const ir::Instr& instr) {
  const std::span<const uint8_t> value = Find(m, instr, 0);
  const ir::Global& global = m.GlobalOf(instr);
  const bool found = ReadStat(global, ir::StatField::kCount, value) != 0;
  m.SetLong(instr.dst, found ? ReadStat(global, static_cast<ir::StatField>(instr.aux), value) : 0);
  m.SetLong(instr.dst2, found);
}

void DoStatBucket(Machine& m, const ir::Instr& instr) {
  const std::span<const uint8_t> value = Find(m, instr, 1);
  const auto bucket = static_cast<uint64_t>(m.Long(instr.args[0]));
  m.SetLong(instr.dst,
            BucketValue(m.GlobalOf(instr), static_cast<ir::HistogramKind>(instr.aux),
                        static_cast<uint32_t>(std::min<uint64_t>(bucket, UINT32_MAX)), value));
}

void DoHistogram(Machine& m, const ir::Instr& instr) {
  const std::span<const uint8_t> value = Find(m, instr, 0);
  const std::string drawing =
      DrawHistogram(m.GlobalOf(instr), static_cast<ir::HistogramKind>(instr.aux), value);
  if (!drawing.empty()) m.host.Print(m.program, drawing);
}

}  // namespace podtap::interp
