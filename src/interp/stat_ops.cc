// Statistics: pushing, extracting, histograms.
#include <algorithm>

#include "interp/machine.h"
#include "ir/statistics.h"

namespace podtap::interp {
namespace {

// A copy of the statistics value that the instruction names, in m.value. Empty
// when there is none.
std::span<const uint8_t> Find(Machine& m, const ir::Instr& instr, size_t first_key) {
  const auto number = static_cast<uint32_t>(instr.imm);
  m.value.assign(m.value_sizes[number], 0);
  if (!m.StoreOf(number).Get(number, EncodeKey(m, instr, first_key), m.value)) return {};
  return m.value;
}

}  // namespace

void DoStatPush(Machine& m, const ir::Instr& instr) {
  const auto number = static_cast<uint32_t>(instr.imm);
  const int64_t pushed = m.Long(instr.args[0]);
  m.SetLong(instr.dst2, !m.StoreOf(number).Push(number, EncodeKey(m, instr, 1), pushed));
}

void DoStatGet(Machine& m, const ir::Instr& instr) {
  const std::span<const uint8_t> value = Find(m, instr, 0);
  m.SetLong(instr.dst, ReadStat(static_cast<ir::StatField>(instr.aux), value));
  m.SetLong(instr.dst2, ReadStat(ir::StatField::kCount, value) != 0);
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
