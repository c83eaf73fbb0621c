// The store against programs in the kernel that do the same at the same moment:
// no add is lost, no string is mixed.
#include "attach/bpf_store.h"

#include <sched.h>

#include <atomic>
#include <set>
#include <thread>

#include "attach/program_for_test.h"
#include "ir/statistics.h"

namespace podtap::attach {
namespace {

using namespace testing;
using Bytes = std::vector<uint8_t>;

void PinTo(uint32_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu % std::max(1u, std::thread::hardware_concurrency()), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

// Runs a program over and over on a CPU of its own.
class Hammer {
 public:
  Hammer(Session& session, uint32_t program, uint32_t cpu)
      : thread_([this, &session, program, cpu](const std::stop_token& stop) {
          PinTo(cpu);
          while (!stop.stop_requested()) {
            if (!session.RunOnce(program)) failed_ = true;
            runs_++;
          }
        }) {}
  int64_t Stop() {
    thread_.request_stop();
    thread_.join();
    EXPECT_FALSE(failed_);
    return runs_;
  }
  // Whether there was enough of it: on a busy machine its turn may come late.
  bool Ran() const { return runs_ > 1000; }

 private:
  std::atomic<bool> failed_ = false;
  std::atomic<int64_t> runs_ = 0;
  std::jthread thread_;
};

struct Loaded {
  ir::Module module;
  ir::Layout layout;
  std::unique_ptr<Session> session;

  // Prepares the module as the command line does and loads all of it.
  explicit Loaded(ModuleMaker& maker, kernel::Kernel& kernel = TheKernel())
      : module(std::move(maker.module)) {
    ir::BoxStrings(module, true);
    ir::InferCaps(module);
    ir::AddStoreCalls(module, true);
    const Result<void> verified = ir::Verify(module);
    EXPECT_TRUE(verified.has_value()) << verified.error().Message();
    layout = ir::MakeLayout(module, true);
    Options options;
    options.user_side_in_kernel = true;
    auto made = Session::Load(module, layout, kernel, options);
    EXPECT_TRUE(made.has_value()) << made.error().Message() << made.error().detail;
    if (made) session = std::move(*made);
  }
};

// What makes AddStoreCalls see user-side code: a program that the kernel can't run.
void AddUserSide(ModuleMaker& m, Op op, const std::vector<Operand>& args, int64_t global) {
  m.Begin("timer", ir::AttachTimer{.interval_ns = 1, .randomize_ns = 0});
  m.Add(op, ir::kNoReg, args, global);
  m.Add(Op::kHistogram, ir::kNoReg, {}, 0);
}

ir::Global Array(ir::ValueType value) {
  ir::Global global;
  global.name = "a";
  global.value = value;
  global.keys = {{Type::kStr, 24}, {Type::kI64, 0}};
  global.in_kernel = true;
  return global;
}

// A key of such an array, whose text has the cap that was inferred.
Bytes Key(const Loaded& loaded, const std::string& name, int64_t number) {
  for (const ir::Global& global : loaded.module.globals) {
    if (global.keys.size() != 2) continue;
    Bytes key(ir::KeySize(global));
    std::memcpy(key.data(), name.data(), name.size());
    std::memcpy(key.data() + key.size() - sizeof(number), &number, sizeof(number));
    return key;
  }
  ADD_FAILURE() << "there is no array";
  return {};
}
int64_t SecondKey(ir::Store::Bytes key) {
  return At<int64_t>(Bytes(key.begin(), key.end()), key.size() - 8);
}

TEST(BpfStore, AddsFromBothSidesAreAllThere) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Array(ir::ValueType::kLong)};
  const Operand name = m.Literal("a key of some length"), one = m.Literal("x");
  for (int i = 0; i < 20; i++) m.Add(Op::kMapAdd, ir::kNoReg, {I(1), name, I(-5)}, 0);
  AddUserSide(m, Op::kMapAdd, {I(1), one, I(0)}, 0);
  Loaded loaded(m);
  ASSERT_NE(loaded.session, nullptr);
  const uint32_t call = 2;
  EXPECT_FALSE(loaded.session->IsLoaded(call)) << "it is loaded at its first run";
  const Bytes key = Key(loaded, "a key of some length", -5);
  int64_t before = -1, last = -1;
  EXPECT_TRUE(loaded.session->store().Add(0, key, 0, before));
  EXPECT_TRUE(loaded.session->IsLoaded(call));
  PinTo(1);
  Hammer hammer(*loaded.session, 0, 0);
  constexpr int64_t kAdds = 50'000;
  bool rises = true;
  int64_t adds = 0;
  for (; adds < kAdds || !hammer.Ran(); adds++) {
    EXPECT_TRUE(loaded.session->store().Add(0, key, 1000, before));
    rises = rises && before > last;
    last = before;
  }
  const int64_t runs = hammer.Stop();
  EXPECT_TRUE(rises);
  Bytes value(16);
  ASSERT_TRUE(loaded.session->store().Get(0, key, value));
  EXPECT_EQ(At<int64_t>(value, 0), runs * 20 + adds * 1000);
}

TEST(BpfStore, PushesFromBothSidesAreAllThere) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Array(ir::ValueType::kStats), Array(ir::ValueType::kStats)};
  m.module.globals[1].keys.clear();
  const Operand name = m.Literal("key");
  for (int i = 0; i < 10; i++) {
    m.Add(Op::kStatPush, ir::kNoReg, {I(i), name, I(1)}, 0);
    m.Add(Op::kStatPush, ir::kNoReg, {I(i)}, 1);
  }
  AddUserSide(m, Op::kStatPush, {I(1), name, I(1)}, 0);
  Loaded loaded(m);
  ASSERT_NE(loaded.session, nullptr);
  constexpr int64_t kPushes = 30'000;
  EXPECT_TRUE(loaded.session->store().Push(0, Key(loaded, "key", 1), 0));  // loads its program
  EXPECT_TRUE(loaded.session->store().Push(1, {}, 0));
  PinTo(1);
  Hammer hammer(*loaded.session, 0, 0);
  int64_t pushes = 1;
  for (; pushes < kPushes || !hammer.Ran(); pushes++) {
    EXPECT_TRUE(loaded.session->store().Push(0, Key(loaded, "key", 1), -pushes));
    EXPECT_TRUE(loaded.session->store().Push(1, {}, -pushes));
  }
  const int64_t runs = hammer.Stop();
  for (const uint32_t global : {0u, 1u}) {
    Bytes value(ir::ValueSize(loaded.module.globals[global]));
    ASSERT_TRUE(
        loaded.session->store().Get(global, global == 0 ? Key(loaded, "key", 1) : Bytes(), value));
    using F = ir::StatField;
    EXPECT_EQ(ir::ReadStat(F::kCount, value), runs * 10 + pushes);
    EXPECT_EQ(ir::ReadStat(F::kSum, value), runs * 45 - pushes * (pushes - 1) / 2);
    EXPECT_EQ(ir::ReadStat(F::kMin, value), 1 - pushes);
    EXPECT_EQ(ir::ReadStat(F::kMax, value), 9);
  }
}

TEST(BpfStore, AFullArrayIsTold) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Array(ir::ValueType::kLong)};
  m.module.globals[0].max_entries = 1;
  m.Add(Op::kMapSet, ir::kNoReg, {I(7), m.Literal("one"), I(1)}, 0);
  AddUserSide(m, Op::kMapAdd, {I(1), m.Literal("one"), I(1)}, 0);
  Loaded loaded(m);
  ASSERT_NE(loaded.session, nullptr);
  ASSERT_TRUE(loaded.session->RunOnce(0).has_value());
  int64_t before = 0;
  EXPECT_TRUE(loaded.session->store().Add(0, Key(loaded, "one", 1), 3, before));
  EXPECT_EQ(before, 7);
  EXPECT_FALSE(loaded.session->store().Add(0, Key(loaded, "two", 1), 3, before));
  EXPECT_EQ(loaded.session->control()->skipped, 0u);
}

// Of one letter, so that a mixture shows, and long, so that a copy takes its time.
std::string TextOf(char c) { return std::string(500, c); }
bool IsWhole(const std::string& text) { return text.empty() || text == TextOf(text[0]); }

// Programs that write and read one string, as a scalar and as an element that is
// deleted now and then; a fault is counted in the last global.
struct StringHammer {
  ModuleMaker m;
  static constexpr int64_t kScalar = 0, kArray = 1, kFaults = 2;

  StringHammer() {
    ir::Global scalar, faults;
    scalar.name = "s";
    scalar.value = ir::ValueType::kString;
    scalar.in_kernel = faults.in_kernel = true;
    ir::Global array = Array(ir::ValueType::kString);
    array.max_entries = 4;  // so that memory is used again at once
    m.module.globals = {scalar, array, faults};
  }
  // Writes one letter to the scalar and to two elements, several times, and may
  // delete one.
  void Writer(char c, bool deletes) {
    m.Begin("begin", ir::AttachBegin{});
    const Operand text = m.Literal(TextOf(c)), key = m.Literal("k");
    const Operand next = m.Literal(TextOf(static_cast<char>(c + 1)));
    for (int i = 0; i < 10; i++) {
      m.Add(Op::kGlobalStore, ir::kNoReg, {text}, kScalar);
      m.Add(Op::kMapSet, ir::kNoReg, {text, key, I(1)}, kArray);
      m.Add(Op::kMapSet, ir::kNoReg, {next, key, I(2)}, kArray);
    }
    if (deletes) m.Add(Op::kMapDelete, ir::kNoReg, {key, I(1)}, kArray);
  }
  // All letters of what is read are the first one.
  void Check(Reg text) {
    const Reg first = m.L(Op::kStrByte, {R(text), I(0)});
    Reg wrong = m.L(Op::kSub, {I(0), I(0)});
    for (const int64_t at : {1, 8, 31, 64, 150, 256, 372, 498, 499}) {
      const Reg differs = m.L(Op::kNe, {R(m.L(Op::kStrByte, {R(text), I(at)})), R(first)});
      wrong = m.L(Op::kOr, {R(wrong), R(differs)});
    }
    m.Add(Op::kGlobalAdd, ir::kNoReg, {R(wrong)}, kFaults);
  }
  void Reader() {
    m.Begin("begin", ir::AttachBegin{});
    const Operand key = m.Literal("k");
    for (int i = 0; i < 10; i++) {
      const Reg scalar = m.Str(0);
      m.Add(Op::kGlobalLoad, scalar, {}, kScalar);
      Check(scalar);
      ReadElement(key);
    }
  }
  void ReadElement(Operand key) {
    const Reg element = m.Str(0);
    m.Add(Op::kMapGet, element, {key, I(1)}, kArray);
    Check(element);
    // What belongs under key 2 has an even letter, under key 1 an odd one.
    const Reg odd = m.L(Op::kAnd, {R(m.L(Op::kStrByte, {R(element), I(0)})), I(1)});
    const Reg some = m.L(Op::kNe, {R(m.L(Op::kStrLen, {R(element)})), I(0)});
    m.Add(Op::kGlobalAdd, ir::kNoReg,
          {R(m.L(Op::kAnd, {R(some), R(m.L(Op::kEq, {R(odd), I(0)}))}))}, kFaults);
  }
};

void ExpectNoFaults(Session& session) {
  EXPECT_EQ(*session.store().Long(StringHammer::kFaults), 0);
  EXPECT_EQ(session.control()->skipped, 0u);
}

TEST(BpfStore, StringsThatTwoCpusWriteAreNeverMixed) {
  SKIP_UNLESS_ROOT();
  StringHammer hammers;
  hammers.Writer('a', false);
  hammers.Writer('c', true);
  hammers.Reader();
  Loaded loaded(hammers.m);
  ASSERT_NE(loaded.session, nullptr);
  EXPECT_TRUE(loaded.module.globals[0].boxed);
  Hammer first(*loaded.session, 0, 0), second(*loaded.session, 1, 1), reader(*loaded.session, 2, 0);
  std::set<std::string> seen;
  const Bytes zero(8), key = Key(loaded, "k", 1);
  const auto enough = [&] {
    return seen.size() == 2 && first.Ran() && second.Ran() && reader.Ran();
  };
  for (int i = 0; i < 60'000 || !enough(); i++) {
    Bytes value(ir::ValueSize(loaded.module.globals[0]));
    for (const bool scalar : {true, false}) {
      if (!loaded.session->store().Get(scalar ? 0 : 1, scalar ? zero : key, value)) continue;
      const std::string text(reinterpret_cast<const char*>(value.data()));
      EXPECT_TRUE(scalar || text[0] % 2 == 1) << text;
      seen.insert(text);
      ASSERT_TRUE(IsWhole(text)) << text;
    }
  }
  for (Hammer* hammer : {&first, &second, &reader}) hammer->Stop();
  ExpectNoFaults(*loaded.session);
}

// User space writes too, and walks the array.
TEST(BpfStore, StringsOfBothSidesAreNeverMixed) {
  SKIP_UNLESS_ROOT();
  StringHammer hammers;
  hammers.Writer('a', true);
  hammers.Reader();
  Loaded loaded(hammers.m);
  ASSERT_NE(loaded.session, nullptr);
  ir::Store& store = loaded.session->store();
  Hammer writer(*loaded.session, 0, 0), reader(*loaded.session, 1, 1);
  const Bytes zero(8), key = Key(loaded, "k", 1);
  int64_t elements = 0;
  for (int i = 0; i < 40'000 || !writer.Ran() || !reader.Ran(); i++) {
    Bytes value(ir::ValueSize(loaded.module.globals[0]));
    const std::string text = TextOf(i % 2 == 0 ? 'o' : 'q');
    std::memcpy(value.data(), text.data(), text.size());
    EXPECT_TRUE(store.Set(0, zero, value));
    EXPECT_TRUE(store.Set(1, key, value));
    store.ForEach(1, [&](ir::Store::Bytes at, ir::Store::Bytes found) {
      elements++;
      const std::string read(reinterpret_cast<const char*>(found.data()));
      EXPECT_TRUE(IsWhole(read)) << read;
      EXPECT_EQ(read[0] % 2, SecondKey(at) % 2) << read;
    });
  }
  writer.Stop();
  reader.Stop();
  EXPECT_GT(elements, 40'000);
  ExpectNoFaults(*loaded.session);
}

// A string that only user space writes stands twice in the control block.
TEST(BpfStore, AStringOfUserSpaceIsReadAsAWhole) {
  SKIP_UNLESS_ROOT();
  StringHammer hammers;
  hammers.Reader();
  hammers.m.module.globals[0].init_string = TextOf('z');
  Loaded loaded(hammers.m);
  ASSERT_NE(loaded.session, nullptr);
  EXPECT_FALSE(loaded.module.globals[0].boxed);
  std::string text;
  loaded.session->store().Text(0, text);
  EXPECT_EQ(text, TextOf('z'));
  PinTo(1);
  Hammer reader(*loaded.session, 0, 0);
  for (int i = 0; i < 300'000 || !reader.Ran(); i++) {
    loaded.session->store().SetText(0, TextOf(static_cast<char>('a' + i % 26)));
  }
  loaded.session->store().Text(0, text);
  EXPECT_TRUE(IsWhole(text));
  reader.Stop();
  EXPECT_EQ(*loaded.session->store().Long(StringHammer::kFaults), 0);
}

TEST(BpfStore, ABoxedStringKeepsItsFirstValue) {
  SKIP_UNLESS_ROOT();
  StringHammer hammers;
  hammers.Writer('a', true);
  hammers.m.module.globals[0].init_string = "at first";
  Loaded loaded(hammers.m);
  ASSERT_NE(loaded.session, nullptr);
  Bytes value(ir::ValueSize(loaded.module.globals[0]));
  ASSERT_TRUE(loaded.session->store().Get(0, Bytes(8), value));
  EXPECT_STREQ(reinterpret_cast<const char*>(value.data()), "at first");
}

// More elements than one system call gives.
TEST(BpfStore, ForEachGivesEveryElementOnce) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.module.globals = {Array(ir::ValueType::kLong)};
  m.module.globals[0].max_entries = 3000;
  Loaded loaded(m);
  ASSERT_NE(loaded.session, nullptr);
  std::set<int64_t> seen;
  loaded.session->store().ForEach(0, [&](auto, auto) { ADD_FAILURE(); });
  for (int64_t i = 0; i < 3000; i++) {
    Bytes value(16);
    ASSERT_TRUE(loaded.session->store().Set(0, Key(loaded, "k", i), value));
  }
  loaded.session->store().ForEach(
      0, [&](ir::Store::Bytes key, auto) { EXPECT_TRUE(seen.insert(SecondKey(key)).second); });
  EXPECT_EQ(seen.size(), 3000u);
  loaded.session->store().Clear(0);
  loaded.session->store().ForEach(0, [&](auto, auto) { ADD_FAILURE(); });
}

}  // namespace
}  // namespace podtap::attach
