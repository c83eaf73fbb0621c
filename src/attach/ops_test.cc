// Every op run by the real kernel, its result read back from the ring.
#include <climits>
#include <functional>

#include "attach/program_for_test.h"

namespace podtap::attach {
namespace {

using namespace testing;

// Runs a begin program whose body the caller writes, and gives the values of
// its first item, which must not depend on what the kernel can do.
std::vector<std::string> Values(const std::function<void(ModuleMaker&)>& body) {
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  body(m);
  OldKernel old;
  Ran with_old = RunModule(m.module, old);
  Ran ran = RunModule(m.module);
  if (ran.items.empty() || with_old.items.empty()) return {};
  EXPECT_EQ(ran.items[0].values, with_old.items[0].values);
  return ran.items[0].values;
}

using Strings = std::vector<std::string>;

TEST(Ops, Arithmetic) {
  SKIP_UNLESS_ROOT();
  struct Case {
    Op op;
    int64_t a, b, result;
  };
  const Case cases[] = {
      {Op::kAdd, INT64_MAX, 1, INT64_MIN},
      {Op::kSub, 3, 5, -2},
      {Op::kMul, -7, 6, -42},
      {Op::kMul, INT64_C(1) << 40, INT64_C(1) << 30, 0},
      {Op::kDiv, -7, 2, -3},
      {Op::kDiv, 7, -2, -3},
      {Op::kDiv, INT64_MIN, -1, INT64_MIN},
      {Op::kMod, -7, 2, -1},
      {Op::kMod, 7, -2, 1},
      {Op::kMod, INT64_MIN, -1, 0},
      {Op::kDiv, INT64_MIN, 10, INT64_MIN / 10},
      {Op::kAnd, 0xff0, 0x0ff, 0x0f0},
      {Op::kOr, 5, 8, 13},
      {Op::kXor, -1, 1, -2},
      {Op::kShl, 1, 63, INT64_MIN},
      {Op::kShl, 1, 64, 1},
      {Op::kShr, -8, 1, -4},
      {Op::kShrLogical, -1, 60, 15},
      {Op::kEq, 4, 4, 1},
      {Op::kNe, 4, 4, 0},
      {Op::kLt, -1, 1, 1},
      {Op::kLe, 1, 1, 1},
      {Op::kGt, -1, 1, 0},
      {Op::kGe, 2, 3, 0},
      {Op::kLt, INT64_MIN, INT64_MAX, 1},
      {Op::kEq, INT64_C(1) << 40, INT64_C(1) << 40, 1},
  };
  Strings expected;
  const Strings got = Values([&](ModuleMaker& m) {
    std::vector<Operand> results;
    for (const Case& c : cases) {
      const Reg a = m.Unknown(c.a), b = m.Unknown(c.b);
      results.push_back(R(m.L(c.op, {R(a), R(b)})));
      results.push_back(R(m.L(c.op, {R(a), I(c.b)})));
      results.push_back(R(m.L(c.op, {I(c.a), R(b)})));
      for (int i = 0; i < 3; i++) expected.push_back(std::to_string(c.result));
    }
    m.Print(results);
  });
  EXPECT_EQ(got, expected);
}

TEST(Ops, Branches) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    const Reg out = m.Long();
    m.Add(Op::kMove, out, {I(0)});
    for (int64_t value : {-5, 0, 7}) {
      const Reg v = m.Unknown(value);
      const ir::BlockId yes = m.NewBlock(), no = m.NewBlock(), after = m.NewBlock();
      m.Branch(m.L(Op::kLt, {R(v), I(0)}), yes, no);
      m.block = yes;
      m.Add(Op::kAdd, out, {R(out), I(1)});
      m.Jump(after);
      m.block = no;
      m.Add(Op::kAdd, out, {R(out), I(100)});
      m.Jump(after);
      m.block = after;
    }
    m.Print({R(out)});
  });
  EXPECT_EQ(got, Strings{"201"});
}

// sum = 0; for (i = 0; i < n; i++) sum += i
TEST(Ops, LongLoopVerifiesAndEnds) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  const Reg i = m.Long(), sum = m.Long(), n = m.Unknown(100000);
  m.Add(Op::kMove, i, {I(0)});
  m.Add(Op::kMove, sum, {I(0)});
  const ir::BlockId head = m.NewBlock(), test = m.NewBlock(), body = m.NewBlock(),
                    out = m.NewBlock(), overflow = m.NewBlock();
  m.Jump(head);
  m.block = head;
  m.Guard(test, overflow);
  m.block = test;
  m.Branch(m.L(Op::kLt, {R(i), R(n)}), body, out);
  m.block = body;
  m.Add(Op::kAdd, sum, {R(sum), R(i)});
  m.Add(Op::kAdd, i, {R(i), I(1)});
  m.Jump(head);
  m.block = out;
  m.Print({R(sum)});
  m.block = overflow;
  m.Print({I(-1)});
  Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 1u);
  EXPECT_EQ(ran.items[0].values, Strings{"4999950000"});
  EXPECT_LT(ran.session->stats()[0].verified, 500u);
}

// A record is flushed when it is full, and nothing of it is lost.
TEST(Ops, ManyPrintsMakeSeveralRecords) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  const Reg i = m.Long(), text = m.UnknownStr(std::string(100, 'x'), 256);
  m.Add(Op::kMove, i, {I(0)});
  const ir::BlockId head = m.NewBlock(), test = m.NewBlock(), body = m.NewBlock(),
                    out = m.NewBlock();
  m.Jump(head);
  m.block = head;
  m.Guard(test, out);
  m.block = test;
  m.Branch(m.L(Op::kLt, {R(i), I(200)}), body, out);
  m.block = body;
  m.Print({R(i), R(text)});
  m.Add(Op::kAdd, i, {R(i), I(1)});
  m.Jump(head);
  Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 200u);
  for (size_t k = 0; k < 200; k++) {
    EXPECT_EQ(ran.items[k].values, (Strings{std::to_string(k), std::string(100, 'x')}));
  }
}

TEST(Ops, Strings) {
  SKIP_UNLESS_ROOT();
  const std::string long_text = std::string(200, 'a') + "END";
  const Strings got = Values([&](ModuleMaker& m) {
    const Reg a = m.UnknownStr("hello", 16), b = m.UnknownStr(long_text, 512);
    const Reg moved = m.Str(512), cut = m.Str(8), sub = m.Str(16), tail = m.Str(512);
    m.Add(Op::kMove, moved, {R(b)});
    m.Add(Op::kMove, cut, {R(b)});
    m.Add(Op::kStrSub, sub, {R(a), I(1), I(3)});
    m.Add(Op::kStrSub, tail, {R(b), R(m.Unknown(198)), R(m.Unknown(100))});
    const Reg self = m.UnknownStr("overlap", 16);
    m.Add(Op::kStrSub, self, {R(self), I(4), I(99)});
    const Reg set = m.UnknownStr("abcdef", 16);
    m.Add(Op::kStrSetByte, set, {I(0), I('X')});
    m.Add(Op::kStrSetByte, set, {R(m.Unknown(4)), R(m.Unknown(0))});
    m.Add(Op::kStrSetByte, set, {I(9), I('!')});
    const Reg grown = m.Str(16);
    for (int64_t k = 0; k < 20; k++) m.Add(Op::kStrSetByte, grown, {R(m.Unknown(k)), I('a' + k)});
    m.Print({R(moved), R(cut), R(sub), R(tail), R(self), R(set), R(grown),
             R(m.L(Op::kStrLen, {R(b)})), R(m.L(Op::kStrLen, {R(set)})),
             R(m.L(Op::kStrByte, {R(a), I(1)})), R(m.L(Op::kStrByte, {R(a), R(m.Unknown(4))})),
             R(m.L(Op::kStrByte, {R(a), R(m.Unknown(99))})),
             R(m.L(Op::kStrByte, {R(a), R(m.Unknown(-1))})),
             R(m.L(Op::kStrByte, {m.Literal("xyz"), R(m.Unknown(2))}))});
  });
  EXPECT_EQ(got, (Strings{long_text, "aaaaaaa", "ell", "aaEND", "lap", "Xbcd", "abcdefghijklmno",
                          "203", "4", "101", "111", "0", "0", "122"}));
}

TEST(Ops, Append) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    const Reg d = m.Str(64), end = m.Long(), a = m.UnknownStr("middle", 16);
    m.Add(Op::kMove, end, {I(0)});
    const auto append = [&](Reg to, Reg at, Operand what) {
      m.Add(Op::kStrAppend, to, {what}).dst2 = at;
    };
    append(d, end, m.Literal("a literal of more than eight "));
    append(d, end, R(a));
    append(d, end, m.Literal(""));
    append(d, end, m.Literal("!"));
    const Reg small = m.Str(16), small_end = m.Long();
    m.Add(Op::kMove, small_end, {I(0)});
    for (int k = 0; k < 4; k++) append(small, small_end, R(a));
    const Reg twice = m.UnknownStr("ab", 16), twice_end = m.Unknown(2);
    append(twice, twice_end, R(twice));
    append(twice, twice_end, R(twice));
    m.Print({R(d), R(end), R(small), R(small_end), R(twice), R(twice_end)});
  });
  EXPECT_EQ(got, (Strings{"a literal of more than eight middle!", "36", "middlemiddlemid", "15",
                          "abababab", "8"}));
}

TEST(Ops, StringComparisons) {
  SKIP_UNLESS_ROOT();
  struct Case {
    const char* a;
    uint32_t a_cap;
    const char* b;
    uint32_t b_cap;
  };
  const Case cases[] = {{"abc", 16, "abc", 64},
                        {"abc", 8, "abd", 8},
                        {"", 8, "x", 16},
                        {"longer than eight", 32, "longer than eighu", 64},
                        {"\xff", 8, "a", 8},
                        {"abcdefgh", 16, "abcdefghi", 16},
                        {"abcdefg", 8, "abcdefgh", 16}};
  const Op ops[] = {Op::kStrEq, Op::kStrNe, Op::kStrLt, Op::kStrLe, Op::kStrGt, Op::kStrGe};
  Strings expected;
  const Strings got = Values([&](ModuleMaker& m) {
    std::vector<Operand> results;
    for (const Case& c : cases) {
      const Reg a = m.UnknownStr(c.a, c.a_cap), b = m.UnknownStr(c.b, c.b_cap);
      const int order = std::string(c.a).compare(c.b);
      for (Op op : ops) {
        const bool holds[] = {order == 0, order != 0, order<0, order <= 0, order> 0, order >= 0};
        const bool result = holds[static_cast<int>(op) - static_cast<int>(Op::kStrEq)];
        results.push_back(R(m.L(op, {R(a), R(b)})));
        results.push_back(R(m.L(op, {R(a), m.Literal(c.b)})));
        results.push_back(R(m.L(op, {m.Literal(c.a), R(b)})));
        for (int i = 0; i < 3; i++) expected.push_back(result ? "1" : "0");
      }
    }
    m.Print(results);
  });
  EXPECT_EQ(got, expected);
}

TEST(Ops, Tables) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    m.module.tables = {{"signal", {"SIG_0", "SIGHUP", "a name that is rather long"}, true},
                       {"plain", {"zero"}, false}};
    std::vector<Operand> results;
    for (int64_t v : {0, 2, 37, -1}) {
      const Reg d = m.Str(32);
      m.Add(Op::kStrTable, d, {R(m.Unknown(v))}, 0);
      results.push_back(R(d));
    }
    const Reg plain = m.Str(8);
    m.Add(Op::kStrTable, plain, {R(m.Unknown(1))}, 1);
    results.push_back(R(plain));
    m.Print(results);
  });
  EXPECT_EQ(got,
            (Strings{"SIG_0", "a name that is rather long", "0x25", "0xffffffffffffffff", ""}));
}

TEST(Ops, ContextAndMemory) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    const auto context = [&](ir::ContextValue which) {
      return R(m.L(Op::kContext, {}, static_cast<int64_t>(which)));
    };
    const Reg task = m.Ptr();
    m.Add(Op::kContext, task, {}, static_cast<int64_t>(ir::ContextValue::kCurrentTask));
    const Reg address = m.L(Op::kPtrToInt, {R(task)});
    const Reg pid = m.L(Op::kAdd, {R(address), I(m.Offset("task_struct", "tgid"))});
    const Reg read = m.Long(), fault = m.Long(), comm = m.Str(24), bad = m.Long(),
              bad_fault = m.Long();
    m.Add(Op::kReadKernel, read, {R(pid)}).size = 4;
    m.program->blocks[0].instrs.back().dst2 = fault;
    const Reg at_comm = m.L(Op::kAdd, {R(address), I(m.Offset("task_struct", "comm"))});
    m.Add(Op::kReadKernelStr, comm, {R(at_comm), I(-1)});
    m.Add(Op::kReadKernel, bad, {I(8)}).dst2 = bad_fault;
    const Reg three = m.Str(8);
    m.Add(Op::kReadKernelStr, three, {R(at_comm), R(m.Unknown(3))});
    const Reg found = m.L(Op::kTaskFromPid, {R(m.Unknown(getpid()))});
    m.Print({context(ir::ContextValue::kPid), context(ir::ContextValue::kTarget), R(read), R(fault),
             R(comm), R(bad), R(bad_fault), R(three), R(m.L(Op::kEq, {R(found), R(address)})),
             R(m.L(Op::kTaskFromPid, {R(m.Unknown(4000000))}))});
  });
  const std::string self = std::to_string(getpid());
  EXPECT_EQ(got, (Strings{self, "0", self, "0", "attach_test", "0", "1", "att", "1", "0"}));
}

TEST(Ops, Chains) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    const Reg task = m.Ptr(), chain = m.New(Type::kChain), copy = m.New(Type::kChain);
    const Reg with = m.Str(512), without = m.Str(512);
    m.Add(Op::kContext, task, {}, static_cast<int64_t>(ir::ContextValue::kCurrentTask));
    m.Add(Op::kChainCapture, chain, {R(task)});
    m.Add(Op::kMove, copy, {R(chain)});
    m.Add(Op::kChainText, with, {R(chain)}, 1);
    m.Add(Op::kChainText, without, {R(chain)}, 0);
    // Of a task whose address is just a number, as pid2task() gives it.
    const Reg by_number = m.New(Type::kChain);
    m.Add(Op::kChainCapture, by_number, {R(m.L(Op::kAdd, {R(task), I(0)}))});
    m.Print({R(copy), R(with), R(without), R(by_number)});
  });
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[3], got[0]);
  std::string with, without;
  ir::FormatChain(got[0], true, with);
  ir::FormatChain(got[0], false, without);
  EXPECT_TRUE(without.starts_with("swapper/0=>")) << without;
  EXPECT_TRUE(without.ends_with("=>attach_test")) << without;
  EXPECT_EQ(got[1], with);
  EXPECT_EQ(got[2], without);
}

TEST(Ops, Globals) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  ir::Global count, text;
  count.init_long = 5;
  text.value = ir::ValueType::kString;
  text.value_cap = 32;
  count.in_kernel = text.in_kernel = true;
  m.module.globals = {count, text};
  const Reg before = m.L(Op::kGlobalAdd, {I(3)}, 0);
  m.Add(Op::kGlobalAdd, ir::kNoReg, {R(before)}, 0);
  m.Add(Op::kGlobalStore, ir::kNoReg, {m.Literal("stored text")}, 1);
  const Reg back = m.Str(32);
  m.Add(Op::kGlobalLoad, back, {}, 1);
  m.Print({R(before), R(m.L(Op::kGlobalLoad, {}, 0)), R(back)});
  ir::BoxStrings(m.module, true);
  Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 1u);
  EXPECT_EQ(ran.items[0].values, (Strings{"5", "13", "stored text"}));
  int64_t value = 0;
  std::memcpy(&value, ran.session->store().Long(0), sizeof(value));
  EXPECT_EQ(value, 13);
}

TEST(Ops, Maps) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  ir::Global longs, texts;
  longs.keys = {{Type::kStr, 16}, {Type::kI64, 0}};
  longs.max_entries = 2;
  texts.keys = {{Type::kI64, 0}};
  texts.value = ir::ValueType::kString;
  texts.value_cap = 24;
  longs.in_kernel = texts.in_kernel = true;
  m.module.globals = {longs, texts};
  const Reg name = m.UnknownStr("key", 8);
  const auto with2 = [&](Reg dst, Op op, std::vector<Operand> args, int64_t global) {
    const Reg second = m.Long();
    m.Add(op, dst, std::move(args), global).dst2 = second;
    return R(second);
  };
  const Reg none = m.Long(), got = m.Long(), added = m.Long(), text = m.Str(24),
            no_text = m.Str(24);
  const Operand found0 = with2(none, Op::kMapGet, {R(name), I(1)}, 0);
  const Operand full0 = with2(ir::kNoReg, Op::kMapSet, {I(42), R(name), I(1)}, 0);
  const Operand full1 = with2(added, Op::kMapAdd, {I(8), m.Literal("key"), I(1)}, 0);
  const Operand found1 = with2(got, Op::kMapGet, {R(name), I(1)}, 0);
  const Reg first = m.Long(), third = m.Long();
  const Operand full2 = with2(first, Op::kMapAdd, {I(7), R(name), I(2)}, 0);
  const Operand full3 = with2(third, Op::kMapAdd, {I(7), R(name), I(3)}, 0);
  const Operand full4 = with2(ir::kNoReg, Op::kMapSet, {I(7), R(name), I(4)}, 0);
  with2(ir::kNoReg, Op::kMapSet, {m.Literal("value one"), I(-1)}, 1);
  with2(ir::kNoReg, Op::kMapSet, {R(name), I(-1)}, 1);
  with2(text, Op::kMapGet, {I(-1)}, 1);
  with2(no_text, Op::kMapGet, {I(0)}, 1);
  const Reg has = m.L(Op::kMapHas, {I(-1)}, 1);
  m.Add(Op::kMapDelete, ir::kNoReg, {I(-1)}, 1);
  const Reg gone = m.L(Op::kMapHas, {I(-1)}, 1);
  m.Print({R(none), found0, full0, R(added), full1, R(got), found1, R(first), full2, R(third),
           full3, full4, R(text), R(no_text), R(has), R(gone)});
  Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 1u);
  EXPECT_EQ(ran.items[0].values, (Strings{"0", "0", "0", "42", "0", "50", "1", "0", "0", "0", "1",
                                          "1", "key", "", "1", "0"}));
  // The same elements through the store, in the order of insertion.
  size_t elements = 0;
  ran.session->store().ForEach(0, [&](auto key, auto value) {
    elements++;
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(key.data())), "key");
    int64_t number = 0;
    uint64_t sequence = 0;
    std::memcpy(&number, value.data(), 8);
    std::memcpy(&sequence, value.data() + 8, 8);
    EXPECT_EQ(number, sequence == 1 ? 50 : 7);
  });
  EXPECT_EQ(elements, 2u);
  ran.session->store().Clear(0);
  ran.session->store().ForEach(0, [&](auto, auto) { ADD_FAILURE(); });
}

TEST(Ops, ExitAndErrorStopTheSession) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  m.Format("division by %d");
  m.Add(Op::kError, ir::kNoReg, {R(m.Unknown(0))}, 0);
  m.Add(Op::kExit, ir::kNoReg, {});
  Ran ran = RunModule(m.module);
  ASSERT_EQ(ran.items.size(), 2u);
  EXPECT_EQ(ran.layout.items[ran.items[0].item].op, Op::kError);
  EXPECT_EQ(ran.layout.items[ran.items[1].item].op, Op::kExit);
  EXPECT_EQ(ran.session->control()->state, 1u);
  EXPECT_EQ(ran.session->control()->error_count, 1u);
  ASSERT_TRUE(ran.session->RunOnce(0).has_value());
  EXPECT_TRUE(Drain(ran.session->ring()).empty());
}

// The verifier unrolls the loop of an older kernel: it must see its end.
TEST(Ops, BoundedLoopWithoutMayGoto) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    const Reg i = m.Long(), text = m.Str(32), end = m.Long();
    m.Add(Op::kMove, i, {I(0)});
    m.Add(Op::kMove, end, {I(0)});
    const ir::BlockId head = m.NewBlock(), test = m.NewBlock(), body = m.NewBlock(),
                      out = m.NewBlock();
    m.Jump(head);
    m.block = head;
    m.Guard(test, out);
    m.block = test;
    m.Branch(m.L(Op::kLt, {R(i), I(5)}), body, out);
    m.block = body;
    m.Add(Op::kStrAppend, text, {m.Literal("ab")}).dst2 = end;
    m.Add(Op::kAdd, i, {R(i), I(1)});
    m.Jump(head);
    m.block = out;
    m.Print({R(text), R(i)});
  });
  EXPECT_EQ(got, (Strings{"ababababab", "5"}));
}

// Ten strings of 512 don't fit in a record together: what there is, is shared.
TEST(Ops, MoreStringsThanARecordHolds) {
  SKIP_UNLESS_ROOT();
  const Strings got = Values([](ModuleMaker& m) {
    std::vector<Operand> args;
    for (int i = 0; i < 10; i++)
      args.push_back(R(m.UnknownStr(std::string(i == 0 ? 500 : 40, 'y'), 512)));
    m.Print(args);
  });
  ASSERT_EQ(got.size(), 10u);
  EXPECT_EQ(got[0], std::string(391, 'y'));
  EXPECT_EQ(got[9], std::string(40, 'y'));
}

TEST(Ops, FullRingCountsWhatItLoses) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("begin", ir::AttachBegin{});
  const Reg text = m.UnknownStr("x", 64);
  for (int i = 0; i < 10; i++) m.Print({R(text)});
  Ran ran = RunModule(m.module);
  for (int i = 0; i < 1000; i++) ASSERT_TRUE(ran.session->RunOnce(0).has_value());
  const auto kept = Decode(ran.layout, Drain(ran.session->ring())).size();
  EXPECT_GT(ran.session->control()->lost_records, 0u);
  EXPECT_EQ(ran.session->control()->lost_items + kept, 10000u);
}

}  // namespace
}  // namespace podtap::attach
