// Shapes of the generated code; that it runs and what it yields is tested on the
// kernel in attach/.
#include "bpf/compile.h"

#include <gtest/gtest.h>

#include "bpf/assembler.h"
#include "bpf/flow.h"
#include "bpf/frame.h"
#include "ir/layout.h"

namespace podtap::bpf {
namespace {

using ir::Op;
using ir::Operand;
using ir::Type;

ir::Instr Make(Op op, ir::Reg dst, std::vector<Operand> args, int64_t imm = 0) {
  ir::Instr instr;
  instr.op = op;
  instr.dst = dst;
  instr.args = std::move(args);
  instr.imm = imm;
  return instr;
}

ir::Module MakeModule(std::vector<ir::RegInfo> regs, size_t blocks) {
  ir::Module module;
  ir::Program& program = module.programs.emplace_back();
  program.name = "kernel.trace(\"signal_generate\")";
  program.attach = ir::AttachTracepoint{"signal", "signal_generate", 1};
  program.regs = std::move(regs);
  program.blocks.resize(blocks);
  return module;
}

ir::RegInfo Reg(Type type, uint32_t cap = 0) { return {type, cap, 0, ""}; }

// if ($task ok && $task->tgid == 42) print($sig)
ir::Module MakeFilter() {
  ir::Module module = MakeModule(
      {Reg(Type::kPtr), Reg(Type::kI64), Reg(Type::kI64), Reg(Type::kI64), Reg(Type::kI64)}, 4);
  using Kind = ir::Terminator::Kind;
  auto& blocks = module.programs[0].blocks;
  blocks[0].instrs = {Make(Op::kArg, 0, {}, 2), Make(Op::kPtrOk, 1, {Operand::R(0)})};
  blocks[0].end = {Kind::kBranch, Operand::R(1), 1, 3, ir::kNone};
  blocks[1].instrs = {Make(Op::kLoad, 2, {Operand::R(0)}, 1268),
                      Make(Op::kEq, 3, {Operand::R(2), Operand::I(42)})};
  blocks[1].instrs[0].size = 4;
  blocks[1].end = {Kind::kBranch, Operand::R(3), 2, 3, ir::kNone};
  blocks[2].instrs = {Make(Op::kArg, 4, {}, 0), Make(Op::kPrint, ir::kNoReg, {Operand::R(4)})};
  module.sites = {{.span = {},
                   .token = {},
                   .near = "operator '==' at f.stp:3:7",
                   .line = 3,
                   .column = 7,
                   .file = "f.stp"}};
  blocks[1].instrs[1].site = 0;
  return module;
}

TEST(Compile, AFilterThatDoesNotMatchPaysForNothingElse) {
  const ir::Module module = MakeFilter();
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_TRUE(program.has_value()) << program.error().Message();
  // Up to the comparison with 42 there is no call, and from there it's the exit.
  size_t at = 0;
  for (; at < program->insns.size(); at++) {
    const Insn& insn = program->insns[at];
    ASSERT_NE(insn.code, kJmp | static_cast<uint8_t>(Jump::kCall)) << at;
    if (insn.code == (kJmp | static_cast<uint8_t>(Jump::kNe)) && insn.imm == 42) break;
  }
  EXPECT_LE(at, 14u);
  ASSERT_LT(at, program->insns.size());
  const size_t out = at + 1 + static_cast<size_t>(program->insns[at].off);
  EXPECT_EQ(out + 2, program->insns.size());
  EXPECT_EQ(program->insns.back().code, kJmp | static_cast<uint8_t>(Jump::kExit));
  EXPECT_TRUE(program->uses_ring);
  EXPECT_GT(program->scratch_size, ir::kMaxRecord);
}

TEST(Compile, DumpShowsTheScript) {
  const ir::Module module = MakeFilter();
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_TRUE(program.has_value());
  const std::string text = Dump(module, *program);
  EXPECT_NE(text.find("; f.stp:3:7 operator '=='"), std::string::npos) << text;
  EXPECT_NE(text.find("call ringbuf_output"), std::string::npos);
  EXPECT_NE(text.find("&control[0]"), std::string::npos);
}

TEST(Compile, AProgramWithoutRecordsNeedsNoScratch) {
  ir::Module module = MakeModule({Reg(Type::kI64)}, 1);
  ir::Global global;
  global.in_kernel = true;
  module.globals = {global};
  module.programs[0].blocks[0].instrs = {Make(Op::kGlobalAdd, ir::kNoReg, {Operand::I(1)})};
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(program->scratch_size, 0u);
  EXPECT_FALSE(program->uses_ring);
  EXPECT_LE(program->insns.size(), 13u);
}

TEST(Compile, UserOnlyOpsAreRefusedByNameAndPlace) {
  ir::Module module = MakeFilter();
  module.globals.resize(1);
  module.programs[0].blocks[2].instrs[1] = Make(Op::kHistogram, ir::kNoReg, {});
  module.programs[0].blocks[2].instrs[1].site = 0;
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(program.error().Message(),
            "can't compile the probe kernel.trace(\"signal_generate\") near operator '==' at "
            "f.stp:3:7: 'histogram' can't run in the kernel");
}

TEST(Compile, TooManyPointersAreRefused) {
  ir::Module module = MakeModule(std::vector<ir::RegInfo>(80, Reg(Type::kPtr)), 1);
  auto& instrs = module.programs[0].blocks[0].instrs;
  for (ir::Reg reg = 0; reg < 80; reg++) instrs.push_back(Make(Op::kArg, reg, {}, 0));
  std::vector<Operand> all;
  module.programs[0].regs.push_back(Reg(Type::kI64));
  for (ir::Reg reg = 0; reg < 80; reg++) {
    instrs.push_back(Make(Op::kEq, 80, {Operand::R(reg), Operand::I(0)}));
  }
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_FALSE(program.has_value());
  EXPECT_NE(program.error().reason.find("512-byte stack"), std::string::npos);
}

TEST(Compile, LongsBeyondTheStackGoToScratch) {
  ir::Module module = MakeModule(std::vector<ir::RegInfo>(100, Reg(Type::kI64)), 1);
  auto& instrs = module.programs[0].blocks[0].instrs;
  std::vector<Operand> all;
  for (ir::Reg reg = 0; reg < 100; reg++) {
    instrs.push_back(Make(Op::kArg, reg, {}, 0));
    all.push_back(Operand::R(reg));
  }
  instrs.push_back(Make(Op::kPrint, ir::kNoReg, all));
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_TRUE(program.has_value()) << program.error().Message();
  for (const Insn& insn : program->insns) {
    if (insn.dst == kFrame || insn.src == kFrame) {
      EXPECT_GE(insn.off, -512);
    }
  }
}

TEST(Compile, ScratchHasALimit) {
  ir::Module module = MakeModule({}, 1);
  ir::Global global;
  global.value = ir::ValueType::kString;
  global.value_cap = 4096;
  global.in_kernel = true;
  module.globals = {global};
  auto& instrs = module.programs[0].blocks[0].instrs;
  for (ir::Reg reg = 0; reg < 12; reg++) {
    module.programs[0].regs.push_back(Reg(Type::kStr, 4096));
    instrs.push_back(Make(Op::kGlobalLoad, reg, {}, 0));
  }
  for (ir::Reg reg = 0; reg < 12; reg++) {
    instrs.push_back(Make(Op::kGlobalStore, ir::kNoReg, {Operand::R(reg)}, 0));
  }
  const auto program = Compile(module, ir::MakeLayout(module), 0, {});
  ASSERT_FALSE(program.has_value());
  EXPECT_NE(program.error().remedy.find("MAXSTRINGLEN"), std::string::npos);
}

TEST(Flow, HomesAreSharedByWhatIsNeverAliveTogether) {
  ir::Module module = MakeModule(std::vector<ir::RegInfo>(3, Reg(Type::kI64)), 1);
  ir::Global global;
  global.in_kernel = true;
  module.globals = {global};
  module.programs[0].blocks[0].instrs = {
      Make(Op::kArg, 0, {}, 0), Make(Op::kGlobalStore, ir::kNoReg, {Operand::R(0)}),
      Make(Op::kArg, 1, {}, 1), Make(Op::kGlobalStore, ir::kNoReg, {Operand::R(1)})};
  const auto flow = Analyse(module, module.programs[0]);
  ASSERT_TRUE(flow.has_value());
  EXPECT_TRUE(flow->intervals[2].empty());
  EXPECT_FALSE(flow->live_at_entry[0]);
  EXPECT_FALSE(flow->dst_beyond[0][0]);
  const auto frame = MakeFrame(module, ir::MakeLayout(module), module.programs[0], *flow, {});
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->homes[0].offset, frame->homes[1].offset);
  EXPECT_EQ(frame->homes[2].kind, Home::Kind::kNone);
}

TEST(Assembler, JumpsBothWaysAndNothingUnreachable) {
  Assembler as;
  const auto loop = as.NewLabel(), out = as.NewLabel(), never = as.NewLabel();
  as.Bind(loop);
  as.IfImm(Jump::kEq, kR1, 7, out);
  as.Goto(loop);
  as.MovImm(kR0, 5);  // nothing leads here
  as.Bind(never);
  as.MovImm(kR0, 6);
  as.Bind(out);
  as.Exit();
  const auto program = as.Finish();
  ASSERT_TRUE(program.has_value());
  ASSERT_EQ(program->insns.size(), 3u);
  EXPECT_EQ(program->insns[0].off, 1);
  EXPECT_EQ(program->insns[1].off, -2);
}

TEST(Assembler, AJumpTooFarIsAnError) {
  Assembler as;
  const auto far = as.NewLabel();
  as.IfImm(Jump::kEq, kR1, 7, far);
  for (int i = 0; i < 40000; i++) as.MovImm(kR0, 0);
  as.Bind(far);
  as.Exit();
  const auto program = as.Finish();
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace podtap::bpf
