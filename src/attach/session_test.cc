// Real loads on this kernel: a filter, a print, what the records hold.
#include "attach/session.h"

#include <chrono>

#include "attach/program_for_test.h"
#include "bpf/compile.h"

namespace podtap::attach {
namespace {

using namespace testing;

// if (task->tgid == target) print(sig, execname, task->comm)
void MakeFilter(ModuleMaker& m, int64_t target, ir::Layout& layout) {
  m.BeginTracepoint("signal_generate");
  const ir::BlockId ok = m.NewBlock(), body = m.NewBlock(), out = m.NewBlock();
  const Reg task = m.Ptr();
  m.Add(Op::kArg, task, {}, 2).site = m.Site("identifier '$task'", 1);
  m.Branch(m.L(Op::kPtrOk, {R(task)}), ok, out);
  m.block = ok;
  const Reg tgid = m.Long();
  ir::Instr& load = m.Add(Op::kLoad, tgid, {R(task)}, m.Offset("task_struct", "tgid"));
  load.size = 4;
  load.is_signed = true;
  load.site = m.Site("operator '->'", 2);
  m.Branch(m.L(Op::kEq, {R(tgid), I(target)}), body, out);
  m.block = body;
  const Reg sig = m.Long(), comm = m.Str(16), name = m.Str(16);
  m.Add(Op::kArg, sig, {}, 0);
  m.Add(Op::kContext, comm, {}, static_cast<int64_t>(ir::ContextValue::kComm));
  m.Add(Op::kLoadStr, name, {R(task)}, m.Offset("task_struct", "comm")).size = 16;
  m.Add(Op::kPrint, ir::kNoReg, {R(sig), R(comm), R(name)}, 0);
  m.Add(Op::kPrint, ir::kNoReg, {R(tgid)}, 0);

  using Kind = ir::Item::Field::Kind;
  ir::Item item;
  item.fields = {
      {Kind::kLong, 0, {}}, {Kind::kInlineString, 16, {}}, {Kind::kInlineString, 16, {}}};
  item.max_size = 8 + 8 + 16 + 16;
  ir::Item second;
  second.fields = {{Kind::kLong, 0, {}}};
  second.max_size = 16;
  layout.items = {item, second};
  layout.item_of = {{{ir::kNone}, {ir::kNone}, {ir::kNone, ir::kNone, ir::kNone, 0, 1}, {}}};
}

TEST(Session, FilterThenPrint) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  ir::Layout layout;
  MakeFilter(m, getpid(), layout);
  auto program = bpf::Compile(m.module, layout, 0, {});
  ASSERT_TRUE(program.has_value()) << program.error().Message();
  if (getenv("PODTAP_SHOW") != nullptr) puts(bpf::Dump(m.module, *program).c_str());
  (void)TheKernel().features();
  for (int i = 0; i < 3; i++) {
    const auto start = std::chrono::steady_clock::now();
    auto session = Session::Load(m.module, layout, TheKernel(), {});
    ASSERT_TRUE(session.has_value()) << session.error().Message() << "\n" << session.error().detail;
    const auto loaded = std::chrono::steady_clock::now();
    auto attached = (*session)->Attach();
    const auto done = std::chrono::steady_clock::now();
    ASSERT_TRUE(attached.has_value()) << attached.error().Message();
    using Us = std::chrono::duration<double, std::micro>;
    printf("load %.0f us, attach %.0f us, %u instructions, %u verified\n",
           Us(loaded - start).count(), Us(done - loaded).count(), (*session)->stats()[0].insns,
           (*session)->stats()[0].verified);
    signal(SIGUSR1, SIG_IGN);
    kill(getpid(), SIGUSR1);
    (*session)->Detach();
    const auto records = Drain((*session)->ring());
    ASSERT_EQ(records.size(), 1u);
    const auto& record = records[0];
    ASSERT_EQ(record.size(), 24u + 48 + 16);
    EXPECT_EQ(At<uint32_t>(record, 8), 0u);
    EXPECT_EQ(At<uint32_t>(record, 16), static_cast<uint32_t>(getpid()));
    EXPECT_EQ(At<uint32_t>(record, 24), 0u);
    EXPECT_EQ(At<uint32_t>(record, 28), 48u);
    EXPECT_EQ(At<int64_t>(record, 32), SIGUSR1);
    EXPECT_STREQ(reinterpret_cast<const char*>(record.data() + 40), "attach_test");
    EXPECT_STREQ(reinterpret_cast<const char*>(record.data() + 56), "attach_test");
    EXPECT_EQ(At<int64_t>(record, 80), getpid());
  }
}

TEST(Session, RefusalNamesTheScriptsPlace) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.BeginTracepoint("signal_generate");
  const Reg bad = m.Ptr();
  m.Add(Op::kArg, bad, {}, 0).site = m.Site("identifier '$sig' at test.stp:1:9", 1);
  ir::Instr& load = m.Add(Op::kLoad, m.Long(), {R(bad)}, 16);
  load.site = m.Site("operator '->' at test.stp:2:3", 2);
  m.Print({R(load.dst)});
  const ir::Layout layout = ir::MakeLayout(m.module);
  auto session = Session::Load(m.module, layout, TheKernel(), {});
  ASSERT_FALSE(session.has_value());
  const std::string message = session.error().Message();
  EXPECT_NE(message.find(
                "the kernel's verifier refused the program for kernel.trace(\"signal_generate\") "
                "near operator '->' at test.stp:2:3: R1 invalid mem access 'scalar'"),
            std::string::npos)
      << message;
  EXPECT_NE(session.error().detail.find("processed"), std::string::npos);
}

TEST(Session, ProfileFiresOnTheClock) {
  SKIP_UNLESS_ROOT();
  ModuleMaker m;
  m.Begin("timer.profile", ir::AttachProfile{1000});
  ir::Global count;
  count.in_kernel = true;
  m.module.globals = {count};
  m.Add(Op::kGlobalAdd, ir::kNoReg, {I(1)}, 0);
  const ir::Layout layout = ir::MakeLayout(m.module);
  auto session = Session::Load(m.module, layout, TheKernel(), {});
  ASSERT_TRUE(session.has_value()) << session.error().Message() << session.error().detail;
  ASSERT_TRUE((*session)->Attach().has_value());
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  while (std::chrono::steady_clock::now() < until) {
  }
  (*session)->Detach();
  EXPECT_EQ((*session)->ring().fd, -1);
  int64_t hits = 0;
  std::memcpy(&hits, (*session)->store().Long(0), sizeof(hits));
  EXPECT_GT(hits, 20);
}

}  // namespace
}  // namespace podtap::attach
