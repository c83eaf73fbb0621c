#include "interp/statistics.h"

#include <bit>
#include <cstring>

#include "ir/layout.h"

namespace podtap::interp {
namespace {

using ir::HistogramKind;
using ir::StatField;
using ir::StatValue;

// Sums of a script's numbers may overflow; they wrap.
int64_t Add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t Sub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t Mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
int64_t Div(int64_t a, int64_t b) {
  if (b == 0) return 0;
  return b == -1 ? Sub(0, a) : a / b;
}
int64_t Shift(int64_t a, int64_t count) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) << (count & 63));
}

StatValue Load(std::span<const uint8_t> value) {
  StatValue stat;
  if (value.size() >= sizeof stat) std::memcpy(&stat, value.data(), sizeof stat);
  return stat;
}

uint32_t BucketOffset(const ir::Global& global, HistogramKind kind) {
  const uint32_t base = sizeof(StatValue);
  return kind == HistogramKind::kLinear && global.log_histogram ? base + ir::kLogBuckets * 8 : base;
}

// The first is for what is below `low`, the last for what is beyond the last step.
uint32_t LinearBucket(const ir::Global::Linear& linear, uint32_t count, int64_t number) {
  if (number < linear.low) return 0;
  if (linear.step <= 0) return count - 1;
  const uint64_t above = static_cast<uint64_t>(number) - static_cast<uint64_t>(linear.low);
  const uint64_t step = above / static_cast<uint64_t>(linear.step);
  return step + 1 >= count - 1 ? count - 1 : static_cast<uint32_t>(step + 1);
}

void Count(const ir::Global& global, HistogramKind kind, uint32_t bucket,
           std::span<uint8_t> value) {
  const size_t offset = BucketOffset(global, kind) + size_t{bucket} * 8;
  if (offset + 8 > value.size()) return;
  int64_t count = 0;
  std::memcpy(&count, value.data() + offset, 8);
  count = Add(count, 1);
  std::memcpy(value.data() + offset, &count, 8);
}

}  // namespace

int LogBucket(int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  if (number >= 0) return kZeroBucket + static_cast<int>(std::bit_width(bits));
  return kZeroBucket - static_cast<int>(std::bit_width(0 - bits));
}

int64_t LogBucketLow(int bucket) {
  if (bucket == kZeroBucket) return 0;
  const int power = bucket > kZeroBucket ? bucket - kZeroBucket - 1 : kZeroBucket - bucket - 1;
  const auto magnitude = static_cast<int64_t>(uint64_t{1} << power);
  return bucket > kZeroBucket ? magnitude : Sub(0, magnitude);
}

uint32_t BucketCount(const ir::Global& global, HistogramKind kind) {
  if (kind == HistogramKind::kLog) return global.log_histogram ? ir::kLogBuckets : 0;
  if (!global.linear_histogram) return 0;
  return (ir::SequenceOffset(global) - BucketOffset(global, kind)) / 8;
}

int64_t BucketValue(const ir::Global& global, HistogramKind kind, uint32_t bucket,
                    std::span<const uint8_t> value) {
  const size_t offset = BucketOffset(global, kind) + size_t{bucket} * 8;
  if (bucket >= BucketCount(global, kind) || offset + 8 > value.size()) return 0;
  int64_t count = 0;
  std::memcpy(&count, value.data() + offset, 8);
  return count;
}

void PushStat(const ir::Global& global, int64_t number, std::span<uint8_t> value) {
  StatValue stat = Load(value);
  const int64_t shifted = Shift(number, global.variance_shift);
  if (stat.count == 0) {
    stat = {.count = 1,
            .sum = number,
            .min = number,
            .max = number,
            .mean_shifted = shifted,
            .squares = 0};
  } else {
    stat.count = Add(stat.count, 1);
    stat.sum = Add(stat.sum, number);
    if (number < stat.min) stat.min = number;
    if (number > stat.max) stat.max = number;
    // Welford's method in whole numbers (Knuth, vol. 2, 4.2.2), scaled by 2^shift.
    const int64_t delta = Sub(shifted, stat.mean_shifted);
    stat.mean_shifted = Add(stat.mean_shifted, Div(delta, stat.count));
    stat.squares = Add(stat.squares, Mul(delta, Sub(shifted, stat.mean_shifted)));
  }
  if (value.size() < sizeof stat) return;
  std::memcpy(value.data(), &stat, sizeof stat);
  if (global.log_histogram) {
    Count(global, HistogramKind::kLog, static_cast<uint32_t>(LogBucket(number)), value);
  }
  if (global.linear_histogram) {
    const uint32_t count = BucketCount(global, HistogramKind::kLinear);
    Count(global, HistogramKind::kLinear, LinearBucket(*global.linear_histogram, count, number),
          value);
  }
}

int64_t ReadStat(const ir::Global& global, StatField field, std::span<const uint8_t> value) {
  const StatValue stat = Load(value);
  switch (field) {
    case StatField::kCount:
      return stat.count;
    case StatField::kSum:
      return stat.sum;
    case StatField::kMin:
      return stat.min;
    case StatField::kMax:
      return stat.max;
    case StatField::kAvg:
      return Div(stat.sum, stat.count);
    case StatField::kVariance:
      if (stat.count < 2) return 0;
      return Div(stat.squares, stat.count - 1) >> ((2 * global.variance_shift) & 63);
  }
  return 0;
}

}  // namespace podtap::interp
