// Statistics pushed by programs in the kernel against ir::PushStat, word for word,
// one after the other and from two CPUs at once.
#include <sched.h>

#include <climits>
#include <random>
#include <thread>

#include "attach/program_for_test.h"
#include "ir/statistics.h"

namespace podtap::attach {
namespace {

using namespace testing;
using F = ir::StatField;

ir::Global Statistics(ir::StatFields fields, bool is_array) {
  ir::Global global;
  global.name = "s";
  global.value = ir::ValueType::kStats;
  global.in_kernel = true;
  global.stat_fields = fields;
  global.log_histogram = true;
  global.linear_histogram = {.low = -50, .high = 100, .step = 10};
  if (is_array) global.keys = {{Type::kStr, 16}, {Type::kI64, 0}};
  return global;
}

std::vector<Operand> Keys(ModuleMaker& m, bool is_array, int64_t second) {
  if (!is_array) return {};
  return {m.Literal("key"), I(second)};
}

ir::Instr& Push(ModuleMaker& m, Operand number, const std::vector<Operand>& keys,
                int64_t global = 0) {
  std::vector<Operand> args = {number};
  args.insert(args.end(), keys.begin(), keys.end());
  return m.Add(Op::kStatPush, ir::kNoReg, args, global);
}

// The value as the store gives it, less order of insertion.
std::vector<uint8_t> Stored(Session& session, const ir::Global& global, int64_t second = 1) {
  std::vector<uint8_t> key(ir::KeySize(global));
  if (!key.empty()) {
    std::memcpy(key.data(), "key", 3);
    std::memcpy(key.data() + 16, &second, sizeof(second));
  }
  std::vector<uint8_t> value(ir::ValueSize(global));
  EXPECT_TRUE(session.store().Get(0, key, value));
  value.resize(ir::SequenceOffset(global));
  return value;
}

std::vector<uint8_t> Expected(const ir::Global& global, const std::vector<int64_t>& numbers) {
  std::vector<uint8_t> value(ir::SequenceOffset(global));
  for (const int64_t number : numbers) ir::PushStat(global, number, value);
  return value;
}

std::vector<int64_t> Corners() {
  std::vector<int64_t> numbers = {0,   1,   -1,  9,    10,        -50,       -51,          99,
                                  100, 109, 110, 1000, INT64_MAX, INT64_MIN, INT64_MIN + 1};
  for (int shift = 1; shift < 63; shift += 3) {
    numbers.push_back(int64_t{1} << shift);
    numbers.push_back(-(int64_t{1} << shift));
    numbers.push_back((int64_t{1} << shift) - 1);
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 20; i++) numbers.push_back(static_cast<int64_t>(random() >> (random() % 64)));
  return numbers;
}

void CheckPushes(ir::StatFields fields, bool is_array, kernel::Kernel& kernel) {
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Statistics(fields, is_array)};
  const std::vector<int64_t> numbers = Corners();
  for (size_t i = 0; i < numbers.size(); i++) {
    const Operand number = i % 2 == 0 ? R(m.Unknown(numbers[i])) : I(numbers[i]);
    Push(m, number, Keys(m, is_array, 1));
  }
  const Ran ran = RunModule(m.module, kernel);
  ASSERT_NE(ran.session, nullptr);
  EXPECT_EQ(Stored(*ran.session, m.module.globals[0]), Expected(m.module.globals[0], numbers));
  EXPECT_EQ(ran.session->control()->skipped, 0u);
}

TEST(Stat, PushesLikeUserSpace) {
  SKIP_UNLESS_ROOT();
  for (const bool is_array : {false, true}) {
    for (const ir::StatFields fields :
         {ir::kAllStatFields, ir::FieldBit(F::kCount), ir::FieldBit(F::kMin),
          static_cast<ir::StatFields>(ir::FieldBit(F::kSum) | ir::FieldBit(F::kMax))}) {
      SCOPED_TRACE(std::to_string(fields) + (is_array ? " array" : " scalar"));
      CheckPushes(fields, is_array, TheKernel());
    }
  }
}

// Without compare-and-exchange: what doesn't need it.
TEST(Stat, PushesOnAnOldKernel) {
  SKIP_UNLESS_ROOT();
  OldKernel old;
  CheckPushes(ir::FieldBit(F::kAvg), false, old);
  CheckPushes(ir::FieldBit(F::kAvg), true, old);
}

TEST(Stat, CompareAndExchangeBoundsItsLoopWithoutMayGoto) {
  SKIP_UNLESS_ROOT();
  OldKernel old;
  old.has.atomic_fetch = true;
  CheckPushes(ir::kAllStatFields, true, old);
}

TEST(Stat, AnOldKernelIsToldWhatItLacks) {
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Statistics(ir::kAllStatFields, false)};
  Push(m, I(1), {});
  bpf::Target target;
  target.atomic_fetch = false;
  const auto program = bpf::Compile(m.module, ir::MakeLayout(m.module, true), 0, target);
  ASSERT_FALSE(program.has_value());
  EXPECT_NE(program.error().Message().find("no atomic fetch-and-add (5.12)"), std::string::npos);
}

TEST(Stat, ReadsInTheKernel) {
  SKIP_UNLESS_ROOT();
  for (const bool is_array : {false, true}) {
    ModuleMaker m;
    m.Begin("begin", ir::AttachBegin{});
    m.module.globals = {Statistics(ir::kAllStatFields, is_array)};
    std::vector<Operand> values;
    const auto read = [&] {
      for (const F field : {F::kCount, F::kSum, F::kMin, F::kMax, F::kAvg}) {
        const Reg value = m.Long(), found = m.Long();
        ir::Instr& get = m.Add(Op::kStatGet, value, Keys(m, is_array, 1));
        get.dst2 = found;
        get.aux = static_cast<uint32_t>(field);
        values.push_back(R(value));
        values.push_back(R(found));
      }
    };
    read();
    for (const int64_t number : {-7, 40, -3}) Push(m, I(number), Keys(m, is_array, 1));
    read();
    m.Print(values);
    const Ran ran = RunModule(m.module);
    ASSERT_EQ(ran.items.size(), 1u);
    EXPECT_EQ(ran.items[0].values,
              (std::vector<std::string>{"0", "0", "0",  "0", "0",  "0", "0",  "0", "0",  "0",  //
                                        "3", "1", "30", "1", "-7", "1", "40", "1", "10", "1"}));
  }
}

TEST(Stat, AFullArrayIsTold) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Statistics(ir::kAllStatFields, true)};
  m.module.globals[0].max_entries = 2;
  std::vector<Operand> full;
  for (const int64_t key : {1, 2, 3, 1}) {
    const Reg reg = m.Long();
    Push(m, I(5), Keys(m, true, key)).dst2 = reg;
    full.push_back(R(reg));
  }
  m.Print(full);
  const Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 1u);
  EXPECT_EQ(ran.items[0].values, (std::vector<std::string>{"0", "0", "1", "0"}));
  EXPECT_EQ(Stored(*ran.session, m.module.globals[0], 1), Expected(m.module.globals[0], {5, 5}));
  EXPECT_EQ(ran.session->control()->skipped, 0u);
}

// Each thread on a CPU of its own, as long as there are several.
void RunOnTwoCpus(Session& session, int rounds) {
  std::vector<std::jthread> threads;
  for (uint32_t cpu = 0; cpu < 2; cpu++) {
    threads.emplace_back([&session, cpu, rounds] {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(cpu % std::max(1u, std::thread::hardware_concurrency()), &set);
      sched_setaffinity(0, sizeof(set), &set);
      for (int i = 0; i < rounds; i++) ASSERT_TRUE(session.RunOnce(cpu).has_value());
    });
  }
}

// Two programs push falling and rising numbers, so that min and max change all the
// time, into a scalar and into one element.
TEST(Stat, TwoCpusLoseNothing) {
  SKIP_UNLESS_ROOT();
  for (const bool is_array : {false, true}) {
    ModuleMaker m;
    for (const int64_t step : {3, -3}) {
      m.Begin("begin", ir::AttachBegin{});
      if (m.module.globals.empty()) m.module.globals = {Statistics(ir::kAllStatFields, is_array)};
      const Reg base = m.Unknown(0);
      const auto counter = static_cast<int64_t>(m.module.globals.size() - 1);
      for (int64_t i = 0; i < 8; i++) {
        Push(m, R(m.L(Op::kAdd, {R(base), I(i * step)})), Keys(m, is_array, 1));
      }
      m.Add(Op::kGlobalAdd, ir::kNoReg, {I(8 * step)}, counter);
    }
    const ir::Layout layout = ir::MakeLayout(m.module, true);
    Options options;
    options.user_side_in_kernel = true;
    auto session = Session::Load(m.module, layout, TheKernel(), options);
    ASSERT_TRUE(session.has_value()) << session.error().Message() << session.error().detail;
    constexpr int kRounds = 40'000;
    RunOnTwoCpus(**session, kRounds);
    std::vector<int64_t> numbers;
    for (int64_t i = 0; i < int64_t{kRounds} * 8; i++) {
      numbers.push_back(3 * i);
      numbers.push_back(-3 * i);
    }
    EXPECT_EQ(Stored(**session, m.module.globals[0]), Expected(m.module.globals[0], numbers));
    EXPECT_EQ((*session)->control()->skipped, 0u);
  }
}

// Deleting a scalar's statistics while another CPU pushes: what is left is whole.
TEST(Stat, ADeletedScalarStartsAfresh) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Statistics(ir::kAllStatFields, false)};
  m.module.globals[0].log_histogram = false;
  m.module.globals[0].linear_histogram.reset();
  for (int i = 0; i < 50; i++) Push(m, I(7), {});
  const ir::Layout layout = ir::MakeLayout(m.module, true);
  Options options;
  options.user_side_in_kernel = true;
  auto session = Session::Load(m.module, layout, TheKernel(), options);
  ASSERT_TRUE(session.has_value()) << session.error().Message();
  std::jthread pusher([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) ASSERT_TRUE((*session)->RunOnce(0).has_value());
  });
  for (int i = 0; i < 200; i++) {
    usleep(100);
    (*session)->store().Clear(0);
  }
  pusher.request_stop();
  pusher.join();
  const std::vector<uint8_t> value = Stored(**session, m.module.globals[0]);
  const int64_t count = ir::ReadStat(F::kCount, value);
  EXPECT_EQ(ir::ReadStat(F::kSum, value), 7 * count);
  if (count > 0) {
    EXPECT_EQ(ir::ReadStat(F::kMin, value), 7);
    EXPECT_EQ(ir::ReadStat(F::kVariance, value), 0);
  }
  (*session)->store().Clear(0);
  EXPECT_EQ(ir::ReadStat(F::kCount, Stored(**session, m.module.globals[0])), 0);
}

}  // namespace
}  // namespace podtap::attach
