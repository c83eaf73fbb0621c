// Ring-buffer bytes → typed events, in order.
//
// What enters: the mapped ring (ir::RingView) and the Layout. What leaves: calls
// of a Sink, one an item, with its values decoded in place (no copy). Bytes that
// no program of ours can have written are reported, never trusted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ir/ir.h"
#include "ir/layout.h"

namespace podtap::events {

// One item of a record. Values live until the sink returns.
struct Event {
  const ir::RecordHeader* header = nullptr;
  const ir::Item* item = nullptr;           // op, index, site
  std::span<const ir::FormatValue> values;  // one a field, constants filled in
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void OnEvent(const Event& event) = 0;
};

class Decoder {
 public:
  Decoder(const ir::Module& module, const ir::Layout& layout);
  // One record as it stands in the ring. An Error (kInput) says what is wrong
  // with the bytes; items before the bad one were delivered.
  Result<void> Decode(std::span<const uint8_t> record, Sink& sink);

 private:
  // Fills values_ from the bytes of one item; what is wrong with them, or null.
  const char* ReadFields(uint32_t number, std::span<const uint8_t> bytes);

  const ir::Module& module_;
  const ir::Layout& layout_;
  std::vector<std::string> kinds_;  // ir::ArgumentKinds of each item's format
  std::vector<ir::FormatValue> values_;
  ir::RecordHeader header_;  // copied: the bytes needn't be aligned
};

class RingReader {
 public:
  RingReader(ir::RingView ring, Decoder& decoder);
  // Delivers what is in the ring now, at most `max` records. Returns how many.
  // Records that can't be understood are counted; after a length that can't be,
  // all that is in the ring is given up.
  size_t Drain(Sink& sink, size_t max = SIZE_MAX);
  uint64_t bad_records() const { return bad_records_; }

 private:
  std::span<const uint8_t> Record(uint64_t position, uint32_t length);

  ir::RingView ring_;
  Decoder& decoder_;
  std::vector<uint8_t> wrapped_;  // a record that wraps around the end
  uint64_t bad_records_ = 0;
};

}  // namespace podtap::events
