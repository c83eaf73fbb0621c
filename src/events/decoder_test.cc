#include <gtest/gtest.h>

#include <random>

#include "events/reader.h"
#include "events/record_builder.h"

namespace podtap::events {
namespace {

using ir::FormatValue;

ir::Instr Make(ir::Op op, std::vector<ir::Operand> args, int64_t imm) {
  ir::Instr instr;
  instr.op = op;
  instr.args = std::move(args);
  instr.imm = imm;
  return instr;
}

// One kernel program: a print of every kind of field, an exit, a print of memory.
struct Sample {
  ir::Module module;
  ir::Layout layout;

  Sample() {
    module.literals = {"constant"};
    module.formats.resize(2);
    ir::Directive memory;
    memory.conversion = ir::Directive::Conversion::kMemory;
    module.formats[1].pieces = {memory};
    ir::Program program;
    program.attach = ir::AttachTracepoint{};
    program.regs.resize(4);
    program.regs[1] = {.type = ir::Type::kStr, .cap = 16, .btf_id = 0, .name = ""};
    program.regs[2] = {.type = ir::Type::kStr, .cap = 512, .btf_id = 0, .name = ""};
    program.regs[3] = {.type = ir::Type::kChain, .cap = 0, .btf_id = 0, .name = ""};
    program.blocks.resize(1);
    using ir::Operand;
    program.blocks[0].instrs = {Make(ir::Op::kPrint,
                                     {Operand::R(0), Operand::R(1), Operand::I(77), Operand::R(2),
                                      Operand::R(3), Operand::L(0)},
                                     0),
                                Make(ir::Op::kExit, {}, 0),
                                Make(ir::Op::kPrint, {Operand::R(1)}, 1)};
    module.programs = {program};
    layout = ir::MakeLayout(module);
  }
};

struct Seen {
  ir::Op op;
  uint64_t time_ns;
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
  std::vector<bool> literals;
};

class Recorder : public Sink {
 public:
  void OnEvent(const Event& event) override {
    Seen one{.op = event.item->op,
             .time_ns = event.header->time_ns,
             .numbers = {},
             .texts = {},
             .literals = {}};
    for (const FormatValue& value : event.values) {
      one.numbers.push_back(value.number);
      one.texts.emplace_back(value.text);
      one.literals.push_back(value.literal);
    }
    seen.push_back(std::move(one));
  }
  std::vector<Seen> seen;
};

FormatValue N(int64_t number) { return {.number = number, .text = {}}; }
FormatValue S(std::string_view text) { return {.number = 0, .text = text}; }

TEST(Decoder, EveryKindOfField) {
  const Sample sample;
  const std::string chain(48, 'c');
  RecordBuilder record({.time_ns = 5, .program = 0, .cpu = 1, .pid = 2, .tid = 3});
  record.Item(sample.layout, 0, {N(-9), S("inline"), N(0), S("a long one"), S(chain), N(0)})
      .Item(sample.layout, 1, {});
  Decoder decoder(sample.module, sample.layout);
  Recorder sink;
  ASSERT_TRUE(decoder.Decode(record.bytes(), sink));
  ASSERT_EQ(sink.seen.size(), 2u);
  EXPECT_EQ(sink.seen[0].time_ns, 5u);
  EXPECT_EQ(sink.seen[0].numbers, (std::vector<int64_t>{-9, 0, 77, 0, 0, 0}));
  EXPECT_EQ(sink.seen[0].texts,
            (std::vector<std::string>{"", "inline", "", "a long one", chain, "constant"}));
  EXPECT_TRUE(sink.seen[0].literals[5]);
  EXPECT_FALSE(sink.seen[0].literals[1]);
  EXPECT_EQ(sink.seen[1].op, ir::Op::kExit);
}

TEST(Decoder, MemoryKeepsItsNuls) {
  const Sample sample;
  const std::string bytes("\0a\0b", 4);
  RecordBuilder record(ir::RecordHeader{});
  record.Item(sample.layout, 2, {S(bytes)});
  Decoder decoder(sample.module, sample.layout);
  Recorder sink;
  ASSERT_TRUE(decoder.Decode(record.bytes(), sink));
  EXPECT_EQ(sink.seen[0].texts[0], bytes + std::string(12, '\0'));
}

TEST(Decoder, EveryCutOfARecordIsRefused) {
  const Sample sample;
  RecordBuilder record(ir::RecordHeader{});
  record.Item(sample.layout, 0, {N(1), S("x"), N(0), S("yy"), S(std::string(24, 'c')), N(0)});
  Decoder decoder(sample.module, sample.layout);
  for (size_t size = 0; size < record.bytes().size(); size++) {
    // A copy of exactly that size, so that a sanitizer sees a read beyond it.
    const std::vector<uint8_t> cut(record.bytes().begin(),
                                   record.bytes().begin() + static_cast<ptrdiff_t>(size));
    Recorder sink;
    const Result<void> result = decoder.Decode(cut, sink);
    if (size == sizeof(ir::RecordHeader)) {
      EXPECT_TRUE(result);  // a hit that wrote nothing
    } else {
      ASSERT_FALSE(result) << size;
      EXPECT_EQ(result.error().kind, ErrorKind::kInput);
    }
    EXPECT_TRUE(sink.seen.empty());
  }
}

TEST(Decoder, ItemsBeforeABadOneAreDelivered) {
  const Sample sample;
  RecordBuilder record(ir::RecordHeader{});
  record.Item(sample.layout, 1, {}).Item(sample.layout, 1, {});
  std::vector<uint8_t> bytes = record.bytes();
  bytes[sizeof(ir::RecordHeader) + 8] = 99;  // there is no such item
  Decoder decoder(sample.module, sample.layout);
  Recorder sink;
  EXPECT_FALSE(decoder.Decode(bytes, sink));
  EXPECT_EQ(sink.seen.size(), 1u);
}

TEST(Decoder, RandomDamageNeverCrashes) {
  const Sample sample;
  RecordBuilder record(ir::RecordHeader{});
  record.Item(sample.layout, 0, {N(1), S("x"), N(0), S("yy"), S(std::string(24, 'c')), N(0)})
      .Item(sample.layout, 2, {S("zz")});
  Decoder decoder(sample.module, sample.layout);
  std::mt19937 random(3);
  int refused = 0;
  for (int i = 0; i < 20000; i++) {
    std::vector<uint8_t> bytes = record.bytes();
    for (int flips = 0; flips < 3; flips++) {
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random() % 2 == 0 ? 0xff : random());
    }
    Recorder sink;
    if (!decoder.Decode(bytes, sink)) refused++;
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace podtap::events
