#include "ir/statistics.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

#include "ir/layout.h"

namespace podtap::ir {
namespace {

using F = StatField;

Global StatGlobal(StatFields fields = kAllStatFields) {
  Global global;
  global.value = ValueType::kStats;
  global.log_histogram = true;
  global.stat_fields = fields;
  return global;
}

// As whole words, since they are changed as such.
using Words = std::vector<uint64_t>;
std::span<uint8_t> Bytes(Words& words) {
  return {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8};
}
Words Empty(const Global& global) { return Words(SequenceOffset(global) / 8); }
Words Pushed(const Global& global, const std::vector<int64_t>& numbers) {
  Words words = Empty(global);
  for (const int64_t number : numbers) PushStat(global, number, Bytes(words));
  return words;
}
int64_t Read(StatField field, Words words) { return ReadStat(field, Bytes(words)); }

TEST(Statistics, FieldsOfSomeNumbers) {
  const Words words = Pushed(StatGlobal(), {10, -20, 30, 41});
  EXPECT_EQ(Read(F::kCount, words), 4);
  EXPECT_EQ(Read(F::kSum, words), 61);
  EXPECT_EQ(Read(F::kMin, words), -20);
  EXPECT_EQ(Read(F::kMax, words), 41);
  EXPECT_EQ(Read(F::kAvg, words), 15);
  EXPECT_EQ(Read(F::kVariance, words), 716);  // 2150.75 / 3, rounded down
  EXPECT_EQ(Read(F::kVariance, Pushed(StatGlobal(), {5})), 0);
  EXPECT_EQ(Read(F::kAvg, Pushed(StatGlobal(), {-3, -4})), -3);
}

TEST(Statistics, AnEmptyValueReadsAsZeroes) {
  for (const F field : {F::kCount, F::kSum, F::kMin, F::kMax, F::kAvg, F::kVariance}) {
    EXPECT_EQ(Read(field, Empty(StatGlobal())), 0);
    EXPECT_EQ(ReadStat(field, {}), 0);
  }
  PushStat(StatGlobal(), 1, {});
}

TEST(Statistics, TheExtremesOfALong) {
  const Words words =
      Pushed(StatGlobal(), {INT64_MAX, INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN});
  EXPECT_EQ(Read(F::kMin, words), INT64_MIN);
  EXPECT_EQ(Read(F::kMax, words), INT64_MAX);
  EXPECT_EQ(Read(F::kSum, words), -3);
  EXPECT_EQ(Read(F::kVariance, words), INT64_MAX);  // longer than a long
  EXPECT_EQ(Read(F::kMin, Pushed(StatGlobal(), {INT64_MAX})), INT64_MAX);
  EXPECT_EQ(Read(F::kMax, Pushed(StatGlobal(), {INT64_MIN})), INT64_MIN);
}

// Against sums of long doubles, whose 64 bits of mantissa are enough here.
TEST(Statistics, VarianceIsExact) {
  std::mt19937_64 random(7);
  for (const int64_t base : {int64_t{0}, int64_t{-1'000'000'000}, int64_t{1} << 50}) {
    std::vector<int64_t> numbers;
    long double sum = 0, squares = 0;
    for (int i = 0; i < 1000; i++) {
      const auto spread = static_cast<int64_t>(random() % 100'000);
      numbers.push_back(base + spread);
      sum += static_cast<long double>(spread);
      squares += static_cast<long double>(spread * spread);
    }
    const auto expected = static_cast<int64_t>((squares - sum * sum / 1000) / 999);
    EXPECT_EQ(Read(F::kVariance, Pushed(StatGlobal(), numbers)), expected) << base;
  }
  EXPECT_EQ(Read(F::kVariance, Pushed(StatGlobal(), {1, 2, 3, 4})), 1);  // 5/3
  EXPECT_EQ(Read(F::kVariance, Pushed(StatGlobal(), {-1, -2, -3, -4})), 1);
}

TEST(Statistics, OnlyTheFieldsAskedForAreKept) {
  const StatFields count = FieldBit(F::kCount);
  Global global = StatGlobal(count);
  global.log_histogram = false;
  const Words words = Pushed(global, {5, 6});
  EXPECT_EQ(Read(F::kCount, words), 2);
  EXPECT_EQ(Words(words.begin() + 1, words.end()), Words(words.size() - 1, 0));
  global.stat_fields = FieldBit(F::kAvg) | FieldBit(F::kMin);
  EXPECT_EQ(Read(F::kAvg, Pushed(global, {5, 8})), 6);
  EXPECT_EQ(Read(F::kMin, Pushed(global, {5, 8})), 5);
}

TEST(Statistics, SeveralThreadsLoseNothing) {
  const Global global = StatGlobal();
  Words words = Empty(global);
  constexpr int64_t kEach = 50'000;
  std::vector<std::jthread> threads;
  for (int64_t t = 0; t < 4; t++) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < kEach; i++) {
        PushStat(global, (i % 2 == 0 ? 1 : -1) * (t * kEach + i) * 100'000'000, Bytes(words));
      }
    });
  }
  threads.clear();
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < 4 * kEach; i++)
    numbers.push_back((i % 2 == 0 ? 1 : -1) * i * 100'000'000);
  EXPECT_EQ(words, Pushed(global, numbers));
}

TEST(Statistics, LogBucketsHoldTheirRange) {
  EXPECT_EQ(LogBucket(0), 64);
  EXPECT_EQ(LogBucket(INT64_MIN), 0);
  EXPECT_EQ(LogBucket(INT64_MAX), 127);
  for (int bucket = 0; bucket < 128; bucket++) {
    const int64_t low = LogBucketLow(bucket);
    EXPECT_EQ(LogBucket(low), bucket);
    if (bucket > 65) {
      EXPECT_EQ(LogBucket(low - 1), bucket - 1);
    } else if (bucket < 63 && bucket > 0) {
      EXPECT_EQ(LogBucket(low + 1), bucket + 1);
    }
  }
}

}  // namespace
}  // namespace podtap::ir
