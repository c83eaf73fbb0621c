#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "events/reader.h"
#include "events/record_builder.h"

namespace podtap::events {
namespace {

constexpr uint32_t kBusy = 1u << 31;
constexpr uint32_t kDiscard = 1u << 30;

// A module whose one program prints one long; and the producer's side of a ring.
struct FakeRing {
  ir::Module module;
  ir::Layout layout;
  std::vector<uint64_t> words;
  uint64_t consumer = 0;
  uint64_t producer = 0;

  explicit FakeRing(size_t size) : words(size / 8) {
    module.formats.resize(1);
    ir::Program program;
    program.attach = ir::AttachTracepoint{};
    program.regs.resize(1);
    program.blocks.resize(1);
    ir::Instr print;
    print.op = ir::Op::kPrint;
    print.args = {ir::Operand::R(0)};
    program.blocks[0].instrs = {print};
    module.programs = {program};
    layout = ir::MakeLayout(module);
  }

  ir::RingView View() {
    return {.consumer = &consumer,
            .producer = &producer,
            .data = reinterpret_cast<const uint8_t*>(words.data()),
            .size = words.size() * 8,
            .fd = -1};
  }

  void PutWord(uint64_t word) {
    words[producer / 8 % words.size()] = word;
    producer += 8;
  }

  // One record that prints `number`.
  bool Put(int64_t number, uint32_t bits = 0) {
    const std::vector<uint8_t> bytes =
        RecordBuilder(ir::RecordHeader{}).Item(layout, 0, {{.number = number, .text = {}}}).bytes();
    const uint64_t used = producer - __atomic_load_n(&consumer, __ATOMIC_ACQUIRE);
    if (used + bytes.size() + 8 > words.size() * 8) return false;
    uint64_t at = producer;
    words[at / 8 % words.size()] = static_cast<uint32_t>(bytes.size()) | bits;
    for (size_t i = 0; i < bytes.size(); i += 8) {
      at += 8;
      std::memcpy(&words[at / 8 % words.size()], bytes.data() + i, 8);
    }
    __atomic_store_n(&producer, at + 8, __ATOMIC_RELEASE);
    return true;
  }
};

class Numbers : public Sink {
 public:
  void OnEvent(const Event& event) override { seen.push_back(event.values[0].number); }
  std::vector<int64_t> seen;
};

TEST(RingReader, DeliversInOrderAndAroundTheEnd) {
  FakeRing ring(128);  // a record takes 48: every third one wraps
  Decoder decoder(ring.module, ring.layout);
  RingReader reader(ring.View(), decoder);
  Numbers sink;
  for (int64_t i = 0; i < 1000; i++) {
    ASSERT_TRUE(ring.Put(i));
    if (i % 2 == 1) {
      EXPECT_EQ(reader.Drain(sink), 2u);
    }
  }
  ASSERT_EQ(sink.seen.size(), 1000u);
  for (int64_t i = 0; i < 1000; i++) EXPECT_EQ(sink.seen[static_cast<size_t>(i)], i);
  EXPECT_EQ(reader.bad_records(), 0u);
  EXPECT_EQ(ring.consumer, ring.producer);
}

TEST(RingReader, StopsAtABusyRecordAndSkipsADiscardedOne) {
  FakeRing ring(1024);
  Decoder decoder(ring.module, ring.layout);
  RingReader reader(ring.View(), decoder);
  Numbers sink;
  ring.Put(1);
  ring.Put(2, kDiscard);
  ring.Put(3);
  const uint64_t busy = ring.producer;
  ring.Put(4, kBusy);
  ring.Put(5);
  EXPECT_EQ(reader.Drain(sink), 2u);
  EXPECT_EQ(sink.seen, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(ring.consumer, busy);
  ring.words[busy / 8] &= ~uint64_t{kBusy};
  EXPECT_EQ(reader.Drain(sink), 2u);
  EXPECT_EQ(sink.seen, (std::vector<int64_t>{1, 3, 4, 5}));
}

TEST(RingReader, DeliversAtMostSoMany) {
  FakeRing ring(1024);
  Decoder decoder(ring.module, ring.layout);
  RingReader reader(ring.View(), decoder);
  Numbers sink;
  for (int64_t i = 0; i < 5; i++) ring.Put(i);
  EXPECT_EQ(reader.Drain(sink, 3), 3u);
  EXPECT_EQ(reader.Drain(sink, 3), 2u);
  EXPECT_EQ(reader.Drain(sink, 3), 0u);
}

TEST(RingReader, AnImpossibleLengthGivesTheRingUp) {
  FakeRing ring(1024);
  Decoder decoder(ring.module, ring.layout);
  RingReader reader(ring.View(), decoder);
  Numbers sink;
  ring.Put(1);
  ring.PutWord(0x3fffffff);
  ring.PutWord(0);
  EXPECT_EQ(reader.Drain(sink), 1u);
  EXPECT_EQ(reader.bad_records(), 1u);
  EXPECT_EQ(ring.consumer, ring.producer);
  ring.Put(2);
  EXPECT_EQ(reader.Drain(sink), 1u);
  EXPECT_EQ(sink.seen, (std::vector<int64_t>{1, 2}));
}

TEST(RingReader, BadRecordsAreCountedAndPassed) {
  FakeRing ring(1024);
  Decoder decoder(ring.module, ring.layout);
  RingReader reader(ring.View(), decoder);
  Numbers sink;
  ring.PutWord(8);  // a record of 8 bytes: too short for its header
  ring.PutWord(0);
  ring.Put(7);
  reader.Drain(sink);
  EXPECT_EQ(reader.bad_records(), 1u);
  EXPECT_EQ(sink.seen, (std::vector<int64_t>{7}));
  // Positions that make no sense.
  ring.producer = ring.consumer + (uint64_t{1} << 40);
  reader.Drain(sink);
  EXPECT_EQ(reader.bad_records(), 2u);
  EXPECT_EQ(ring.consumer, ring.producer);
}

TEST(RingReader, NoRingNoRecords) {
  const FakeRing ring(64);
  Decoder decoder(ring.module, ring.layout);
  Numbers sink;
  EXPECT_EQ(RingReader({}, decoder).Drain(sink), 0u);
}

TEST(RingReader, ProducerInAnotherThread) {
  FakeRing ring(4096);
  Decoder decoder(ring.module, ring.layout);
  RingReader reader(ring.View(), decoder);
  Numbers sink;
  constexpr int64_t kCount = 20000;
  std::thread producer([&] {
    for (int64_t i = 0; i < kCount;) {
      if (ring.Put(i)) {
        i++;
      } else {
        std::this_thread::yield();
      }
    }
  });
  while (sink.seen.size() < kCount) {
    if (reader.Drain(sink) == 0) std::this_thread::yield();
  }
  producer.join();
  for (int64_t i = 0; i < kCount; i++) ASSERT_EQ(sink.seen[static_cast<size_t>(i)], i);
}

}  // namespace
}  // namespace podtap::events
