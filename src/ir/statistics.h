// What a statistics value is made of: how a number enters, what is read from it.
//
// The bytes are a StatValue (layout.h), then the log buckets (when the global has
// a log histogram), then the linear ones. Every word only ever grows by an atomic
// add or becomes the greater of itself and another, so that pushes on several
// CPUs, in the kernel and in user space, need no lock and lose nothing, and a
// value of zeros is the empty one. bpf/lower_stat.cc does the same in the kernel.
//
// Variance comes from exact sums of 128 bits; docs/decisions/0021-statistics.md.
#pragma once

#include <cstdint>
#include <span>

#include "ir/ir.h"

namespace podtap::ir {

// `value` begins at a multiple of 8 bytes. What doesn't fit in it is left out.
void PushStat(const Global& global, int64_t number, std::span<uint8_t> value);

// Of an empty value, 0. Of a field that isn't among global.stat_fields, anything.
int64_t ReadStat(StatField field, std::span<const uint8_t> value);

// Whether a push has to change what these fields are read from.
struct StatWords {
  bool sum = false, least = false, greatest = false, squares = false;
};
StatWords WordsOf(const Global& global);

// Min and max stand in a value as unsigned numbers that only grow: SignBit turns
// the order of longs into that of unsigned numbers, and its complement turns it
// around.
inline constexpr uint64_t kGreatestMask = uint64_t{1} << 63;
inline constexpr uint64_t kLeastMask = ~kGreatestMask;

// Buckets of @hist_log: 64 is for 0; 64 + n for 2^(n-1) … 2^n - 1; 64 - n for the
// same below 0.
inline constexpr int kZeroBucket = 64;
int LogBucket(int64_t number);
int64_t LogBucketLow(int bucket);  // the value nearest to 0 in it

uint32_t BucketCount(const Global& global, HistogramKind kind);   // 0: no such histogram
uint32_t BucketOffset(const Global& global, HistogramKind kind);  // of bucket 0 in the value
int64_t BucketValue(const Global& global, HistogramKind kind, uint32_t bucket,
                    std::span<const uint8_t> value);

}  // namespace podtap::ir
