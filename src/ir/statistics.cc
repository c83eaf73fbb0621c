#include "ir/statistics.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstring>

#include "ir/layout.h"

namespace podtap::ir {
namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

StatValue Load(std::span<const uint8_t> value) {
  StatValue stat;
  if (value.size() >= sizeof stat) std::memcpy(&stat, value.data(), sizeof stat);
  return stat;
}

std::atomic_ref<uint64_t> Word(std::span<uint8_t> value, size_t offset) {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(value.data() + offset));
}

void Add(std::span<uint8_t> value, size_t offset, uint64_t number) {
  Word(value, offset).fetch_add(number, std::memory_order_relaxed);
}

// Adds 128 bits that stand in two words. Each carry is taken once: by whoever
// made the lower word overflow.
void AddWide(std::span<uint8_t> value, size_t low, size_t high, UnsignedWide number) {
  const auto less = static_cast<uint64_t>(number);
  const uint64_t before = Word(value, low).fetch_add(less, std::memory_order_relaxed);
  const uint64_t carry = before + less < before ? 1 : 0;
  Add(value, high, static_cast<uint64_t>(number >> 64) + carry);
}

void Raise(std::span<uint8_t> value, size_t offset, uint64_t number) {
  const std::atomic_ref<uint64_t> word = Word(value, offset);
  uint64_t seen = word.load(std::memory_order_relaxed);
  while (seen < number && !word.compare_exchange_weak(seen, number, std::memory_order_relaxed)) {
  }
}

// The first is for what is below `low`, the last for what is beyond the last step.
uint32_t LinearBucket(const Global::Linear& linear, uint32_t count, int64_t number) {
  if (number < linear.low) return 0;
  if (linear.step <= 0) return count - 1;
  const uint64_t above = static_cast<uint64_t>(number) - static_cast<uint64_t>(linear.low);
  const uint64_t step = above / static_cast<uint64_t>(linear.step);
  return step >= count - 2 ? count - 1 : static_cast<uint32_t>(step + 1);
}

void Count(const Global& global, HistogramKind kind, uint32_t bucket, std::span<uint8_t> value) {
  const size_t offset = BucketOffset(global, kind) + size_t{bucket} * 8;
  if (offset + 8 <= value.size()) Add(value, offset, 1);
}

// The unbiased variance of a sample, rounded down: (Q - S*S/n) / (n - 1), S the
// sum and Q the sum of squares. With S = q*n + r it is (Q - q*q*n - 2*q*r - r*r/n),
// none of whose parts is longer than Q.
int64_t Variance(const StatValue& stat) {
  if (stat.count < 2) return 0;
  const auto wide = [](uint64_t low, uint64_t high) {
    return static_cast<Wide>(UnsignedWide{high} << 64 | low);
  };
  const Wide n = stat.count;
  const Wide sum = wide(static_cast<uint64_t>(stat.sum), stat.sum_high);
  const Wide q = sum / n, r = sum % n;
  const Wide squares = wide(stat.squares_low, stat.squares_high) - q * q * n - 2 * q * r;
  const Wide variance = (squares - (r * r + n - 1) / n) / (n - 1);
  // Below 0: it was read while a number was being pushed.
  return static_cast<int64_t>(std::clamp<Wide>(variance, 0, INT64_MAX));
}

}  // namespace

StatWords WordsOf(const Global& global) {
  const auto asks = [&](StatField field) { return (global.stat_fields & FieldBit(field)) != 0; };
  return {.sum = asks(StatField::kSum) || asks(StatField::kAvg) || asks(StatField::kVariance),
          .least = asks(StatField::kMin),
          .greatest = asks(StatField::kMax),
          .squares = asks(StatField::kVariance)};
}

int LogBucket(int64_t number) {
  const auto bits = static_cast<uint64_t>(number);
  if (number >= 0) return kZeroBucket + static_cast<int>(std::bit_width(bits));
  return kZeroBucket - static_cast<int>(std::bit_width(0 - bits));
}

int64_t LogBucketLow(int bucket) {
  if (bucket == kZeroBucket) return 0;
  const int power = bucket > kZeroBucket ? bucket - kZeroBucket - 1 : kZeroBucket - bucket - 1;
  const uint64_t magnitude = uint64_t{1} << power;
  return static_cast<int64_t>(bucket > kZeroBucket ? magnitude : 0 - magnitude);
}

uint32_t BucketOffset(const Global& global, HistogramKind kind) {
  const uint32_t base = sizeof(StatValue);
  return kind == HistogramKind::kLinear && global.log_histogram ? base + kLogBuckets * 8 : base;
}

uint32_t BucketCount(const Global& global, HistogramKind kind) {
  if (kind == HistogramKind::kLog) return global.log_histogram ? kLogBuckets : 0;
  if (!global.linear_histogram) return 0;
  return (SequenceOffset(global) - BucketOffset(global, kind)) / 8;
}

int64_t BucketValue(const Global& global, HistogramKind kind, uint32_t bucket,
                    std::span<const uint8_t> value) {
  const size_t offset = BucketOffset(global, kind) + size_t{bucket} * 8;
  if (bucket >= BucketCount(global, kind) || offset + 8 > value.size()) return 0;
  int64_t count = 0;
  std::memcpy(&count, value.data() + offset, 8);
  return count;
}

void PushStat(const Global& global, int64_t number, std::span<uint8_t> value) {
  if (value.size() < sizeof(StatValue)) return;
  const StatWords words = WordsOf(global);
  const auto bits = static_cast<uint64_t>(number);
  if (words.squares) {
    AddWide(value, offsetof(StatValue, sum), offsetof(StatValue, sum_high),
            static_cast<UnsignedWide>(Wide{number}));
    AddWide(value, offsetof(StatValue, squares_low), offsetof(StatValue, squares_high),
            static_cast<UnsignedWide>(Wide{number} * number));
  } else if (words.sum) {
    Add(value, offsetof(StatValue, sum), bits);
  }
  if (words.least) Raise(value, offsetof(StatValue, least), bits ^ kLeastMask);
  if (words.greatest) Raise(value, offsetof(StatValue, greatest), bits ^ kGreatestMask);
  if (global.log_histogram) {
    Count(global, HistogramKind::kLog, static_cast<uint32_t>(LogBucket(number)), value);
  }
  if (global.linear_histogram) {
    const uint32_t count = BucketCount(global, HistogramKind::kLinear);
    Count(global, HistogramKind::kLinear, LinearBucket(*global.linear_histogram, count, number),
          value);
  }
  // Last: who reads it first finds the rest in its place.
  Word(value, offsetof(StatValue, count)).fetch_add(1, std::memory_order_release);
}

int64_t ReadStat(StatField field, std::span<const uint8_t> value) {
  const StatValue stat = Load(value);
  if (stat.count == 0) return 0;
  switch (field) {
    case StatField::kCount:
      return stat.count;
    case StatField::kSum:
      return stat.sum;
    case StatField::kMin:
      return static_cast<int64_t>(stat.least ^ kLeastMask);
    case StatField::kMax:
      return static_cast<int64_t>(stat.greatest ^ kGreatestMask);
    case StatField::kAvg:
      return stat.sum / stat.count;
    case StatField::kVariance:
      return Variance(stat);
  }
  return 0;
}

}  // namespace podtap::ir
