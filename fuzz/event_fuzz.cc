// Any bytes as a record, and as a ring buffer: the decoder, the ring reader and
// the formatting of what they deliver.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "events/reader.h"
#include "ir/passes.h"
#include "print/printer.h"

namespace podtap {
namespace {

// Every kind of field, and memory whose length is a value of the record.
constexpr const char* kModule =
    "limits 512 1000 10000 2048 10 0 target 0\n"
    "literal \"constant\"\n"
    "format d:-:w5 s c p lit\"x\" chain times s\n"
    "format d m:p-2 M:p4 s:w-2:p-2\n"
    "program \"k\" written \"k\" attach tracepoint \"s\" \"n\" 1\n"
    "  reg i64\n  reg str:16\n  reg str:512\n  reg chain\n"
    "  block 0\n"
    "    print %0 %1 %0 %0 %3 %3 @0 imm 0\n"
    "    print %0 %0 %2 %1 %0 %0 %2 imm 1\n"
    "    print 7 %2 %0 -1 %3 %3 %2 imm 0\n"
    "    exit\n"
    "    return\n";

struct Setup {
  ir::Module module;
  ir::Layout layout;

  Setup() {
    Result<ir::Module> read = ir::Read(kModule);
    if (!read) std::abort();
    module = std::move(*read);
    layout = ir::MakeLayout(module);
  }
};

class FormattingSink : public events::Sink {
 public:
  explicit FormattingSink(const ir::Module& module) : module_(module) {}
  void OnEvent(const events::Event& event) override {
    if (event.item->op != ir::Op::kPrint) return;
    out_.clear();
    print::FormatEvent(module_, event, event.header->cpu % 2 == 0, out_);
  }

 private:
  const ir::Module& module_;
  std::string out_;
};

void FuzzRing(const Setup& setup, std::vector<uint8_t> bytes, events::Sink& sink) {
  constexpr uint64_t kRing = 512;
  struct Positions {
    uint64_t consumer = 0, producer = 0;
  } positions;
  if (bytes.size() < sizeof positions) return;
  std::memcpy(&positions, bytes.data(), sizeof positions);
  positions.consumer &= ~uint64_t{7};  // ours: always aligned
  std::vector<uint64_t> ring(kRing / 8);
  std::memcpy(ring.data(), bytes.data() + sizeof positions,
              std::min<size_t>(kRing, bytes.size() - sizeof positions));
  events::Decoder decoder(setup.module, setup.layout);
  events::RingReader reader({.consumer = &positions.consumer,
                             .producer = &positions.producer,
                             .data = reinterpret_cast<const uint8_t*>(ring.data()),
                             .size = kRing,
                             .fd = -1},
                            decoder);
  reader.Drain(sink);
}

}  // namespace
}  // namespace podtap

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace podtap;
  static const Setup setup;
  if (size == 0) return 0;
  // A copy of exactly these bytes, so that a read beyond them is seen.
  const std::vector<uint8_t> bytes(data + 1, data + size);
  FormattingSink sink(setup.module);
  if (data[0] % 2 == 0) {
    events::Decoder decoder(setup.module, setup.layout);
    // A record that can't be read is an Error, which says why.
    const Result<void> done = decoder.Decode(bytes, sink);
    if (!done && done.error().Message().empty()) std::abort();
  } else {
    FuzzRing(setup, bytes, sink);
  }
  return 0;
}
