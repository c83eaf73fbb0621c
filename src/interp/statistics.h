// What a statistics value is made of: how a number enters, what is read from it.
//
// The bytes are ir::StatValue, then the log buckets (when the global has a
// log histogram), then the linear ones.
#pragma once

#include <cstdint>
#include <span>

#include "ir/ir.h"

namespace podtap::interp {

void PushStat(const ir::Global& global, int64_t number, std::span<uint8_t> value);

// Of an empty value, 0.
int64_t ReadStat(const ir::Global& global, ir::StatField field, std::span<const uint8_t> value);

// Buckets of @hist_log: 64 is for 0; 64 + n for 2^(n-1) … 2^n - 1; 64 - n for the
// same below 0.
inline constexpr int kZeroBucket = 64;
int LogBucket(int64_t number);
int64_t LogBucketLow(int bucket);  // the value nearest to 0 in it

uint32_t BucketCount(const ir::Global& global, ir::HistogramKind kind);  // 0: no such histogram
int64_t BucketValue(const ir::Global& global, ir::HistogramKind kind, uint32_t bucket,
                    std::span<const uint8_t> value);

}  // namespace podtap::interp
