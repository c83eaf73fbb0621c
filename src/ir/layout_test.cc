#include "ir/layout.h"

#include <gtest/gtest.h>

namespace podtap::ir {
namespace {

RegInfo Reg(Type type, uint32_t cap = 0) {
  return {.type = type, .cap = cap, .btf_id = 0, .name = ""};
}

Instr Make(Op op, std::vector<Operand> args, int64_t imm) {
  Instr instr;
  instr.op = op;
  instr.args = std::move(args);
  instr.imm = imm;
  return instr;
}

Module Sample() {
  Module module;
  module.literals = {"abc", "12345678", std::string("a\0b", 3)};
  module.tables = {{"t", {"", "SIGHUP", "longer than eight"}, true}};
  Program kernel;
  kernel.attach = AttachTracepoint{};
  kernel.regs = {Reg(Type::kI64), Reg(Type::kStr, 16), Reg(Type::kStr, 512), Reg(Type::kChain),
                 Reg(Type::kPtr)};
  kernel.blocks.resize(2);
  kernel.blocks[0].instrs = {Make(Op::kAdd, {Operand::I(1), Operand::I(2)}, 0),
                             Make(Op::kPrint,
                                  {Operand::R(0), Operand::R(1), Operand::R(2), Operand::R(3),
                                   Operand::R(4), Operand::I(7), Operand::L(0)},
                                  5)};
  kernel.blocks[1].instrs = {Make(Op::kExit, {}, 0)};
  Program user;
  user.blocks.resize(1);
  user.blocks[0].instrs = {Make(Op::kPrint, {}, 0)};
  module.programs = {user, kernel};
  return module;
}

TEST(Layout, ItemsOfKernelPrograms) {
  const Layout layout = MakeLayout(Sample());
  ASSERT_EQ(layout.items.size(), 2u);
  EXPECT_TRUE(layout.item_of[0].empty());
  EXPECT_EQ(layout.item_of[1][0], (std::vector<uint32_t>{kNone, 0}));
  EXPECT_EQ(layout.item_of[1][1], (std::vector<uint32_t>{1}));
  const Item& print = layout.items[0];
  EXPECT_EQ(print.index, 5u);
  using Kind = Item::Field::Kind;
  std::vector<Kind> kinds;
  for (const auto& field : print.fields) kinds.push_back(field.kind);
  EXPECT_EQ(kinds,
            (std::vector<Kind>{Kind::kLong, Kind::kInlineString, Kind::kLongString, Kind::kChain,
                               Kind::kLong, Kind::kConstant, Kind::kConstant}));
  EXPECT_EQ(print.fields[5].constant, Operand::I(7));
  EXPECT_EQ(print.max_size, 8u + 8 + 16 + (8 + 512) + (8 + 32 * 24) + 8);
  EXPECT_EQ(layout.items[1].op, Op::kExit);
  EXPECT_EQ(layout.items[1].max_size, 8u);
}

TEST(Layout, AllInKernelTakesUserProgramsToo) {
  const Layout layout = MakeLayout(Sample(), true);
  EXPECT_EQ(layout.items.size(), 3u);
  EXPECT_EQ(layout.item_of[0][0], (std::vector<uint32_t>{0}));
}

TEST(Layout, ConstantsAreZeroPadded) {
  const Layout layout = MakeLayout(Sample());
  EXPECT_EQ(layout.literal_offset, (std::vector<uint32_t>{0, 8, 24}));
  EXPECT_EQ(layout.literal_cap, (std::vector<uint32_t>{8, 16, 8}));
  EXPECT_EQ(layout.table_offset, (std::vector<uint32_t>{32}));
  EXPECT_EQ(layout.table_stride, (std::vector<uint32_t>{24}));
  ASSERT_EQ(layout.rodata.size(), 32u + 3 * 24);
  const auto at = [&](size_t offset, size_t size) {
    return std::string(layout.rodata.begin() + static_cast<ptrdiff_t>(offset),
                       layout.rodata.begin() + static_cast<ptrdiff_t>(offset + size));
  };
  EXPECT_EQ(at(0, 8), std::string("abc\0\0\0\0\0", 8));
  EXPECT_EQ(at(24, 8), std::string("a\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(at(32 + 24, 8), std::string("SIGHUP\0\0", 8));
}

TEST(Layout, LongLiteralsAreCutAtTheLimit) {
  Module module;
  module.limits.max_string = 16;
  module.literals = {std::string(100, 'x')};
  const Layout layout = MakeLayout(module);
  EXPECT_EQ(layout.literal_cap[0], 16u);
  EXPECT_EQ(layout.rodata[14], 'x');
  EXPECT_EQ(layout.rodata[15], 0);
}

Global Scalar(ValueType value, bool in_kernel, uint32_t cap = 0) {
  Global global;
  global.value = value;
  global.value_cap = cap;
  global.in_kernel = in_kernel;
  return global;
}

TEST(Layout, ScalarsFollowTheControlBlock) {
  Module module;
  module.globals = {Scalar(ValueType::kLong, true), Scalar(ValueType::kLong, false),
                    Scalar(ValueType::kString, true, 32), Scalar(ValueType::kLong, true)};
  module.globals.push_back(Scalar(ValueType::kLong, true));
  module.globals.back().keys = {{Type::kI64, 0}};
  const Layout layout = MakeLayout(module);
  EXPECT_EQ(layout.scalar_offset, (std::vector<uint32_t>{128, kNone, 136, 208, kNone}));
  EXPECT_EQ(layout.control_map_size, 216u);
  EXPECT_EQ(MakeLayout(module, true).scalar_offset[1], 136u);
}

TEST(Layout, ElementSizes) {
  Global global = Scalar(ValueType::kLong, false);
  global.keys = {{Type::kStr, 24}, {Type::kI64, 0}};
  EXPECT_EQ(KeySize(global), 32u);
  EXPECT_EQ(ValueSize(global), 16u);
  EXPECT_EQ(SequenceOffset(global), 8u);
  global.value = ValueType::kStats;
  EXPECT_EQ(ValueSize(global), sizeof(StatValue) + 8);
  global.linear_histogram = {.low = 0, .high = 100, .step = 10};
  EXPECT_EQ(ValueSize(global), sizeof(StatValue) + 13 * sizeof(int64_t) + 8);
  global.linear_histogram = {.low = INT64_MIN, .high = INT64_MAX, .step = 1};
  EXPECT_LT(ValueSize(global), 100'000u);
  global.linear_histogram.reset();
  global.log_histogram = true;
  EXPECT_EQ(SequenceOffset(global), sizeof(StatValue) + 128 * sizeof(int64_t));
  global.keys.clear();
  EXPECT_EQ(ScalarSize(global), 8 + 2 * (sizeof(StatValue) + 128 * sizeof(int64_t)));
  const Global text = Scalar(ValueType::kString, true, 24);
  EXPECT_EQ(StampOffset(text), 32u);
  EXPECT_EQ(ValueSize(text), 40u);
}

// Zeroes behind the constants, as many as the largest new element of statistics takes.
TEST(Layout, ZeroesForNewStatistics) {
  Module module;
  module.literals = {"text"};
  module.globals = {Scalar(ValueType::kLong, true), Scalar(ValueType::kStats, false)};
  EXPECT_EQ(MakeLayout(module).rodata.size(), 8u);
  module.globals[0].value = ValueType::kStats;
  module.globals[0].keys = module.globals[1].keys = {{Type::kI64, 0}};
  module.globals[1].log_histogram = true;
  const Layout layout = MakeLayout(module);
  EXPECT_EQ(layout.zero_offset, 8u);
  EXPECT_EQ(layout.rodata.size(), 8u + ValueSize(module.globals[0]));
  EXPECT_EQ(MakeLayout(module, true).rodata.size(), 8u + ValueSize(module.globals[1]));
}

}  // namespace
}  // namespace podtap::ir
