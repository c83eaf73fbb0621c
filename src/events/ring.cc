// The consumer's side of a BPF ring buffer (kernel/bpf/ringbuf.c): a record is a
// header of 8 bytes and its data, padded to 8. The producer sets a length with the
// busy bit, writes the data, then takes the bit away.
#include <algorithm>
#include <cstring>

#include "events/reader.h"

namespace podtap::events {
namespace {

constexpr uint32_t kBusy = 1u << 31;
constexpr uint32_t kDiscard = 1u << 30;
constexpr uint64_t kRingHeader = 8;
// The kernel reads our position at every record; giving space back in batches
// keeps that cache line with it for longer.
constexpr int kGiveBackEvery = 16;

}  // namespace

RingReader::RingReader(ir::RingView ring, Decoder& decoder) : ring_(ring), decoder_(decoder) {}

std::span<const uint8_t> RingReader::Record(uint64_t position, uint32_t length) {
  const uint64_t begin = position & (ring_.size - 1);
  if (begin + length <= ring_.size) return {ring_.data + begin, length};
  const uint64_t before_end = ring_.size - begin;
  wrapped_.resize(length);
  std::memcpy(wrapped_.data(), ring_.data + begin, static_cast<size_t>(before_end));
  std::memcpy(wrapped_.data() + before_end, ring_.data, static_cast<size_t>(length - before_end));
  return wrapped_;
}

size_t RingReader::Drain(Sink& sink, size_t max) {
  if (ring_.data == nullptr || ring_.size < kRingHeader) return 0;
  // Only we write our position.
  uint64_t position = *ring_.consumer;
  uint64_t end = __atomic_load_n(ring_.producer, __ATOMIC_ACQUIRE);
  const auto give_back = [&] { __atomic_store_n(ring_.consumer, position, __ATOMIC_RELEASE); };
  size_t delivered = 0;
  int unpublished = 0;
  while (delivered < max) {
    if (position == end) {
      // As far as we knew; there may be more by now.
      end = __atomic_load_n(ring_.producer, __ATOMIC_ACQUIRE);
      if (position == end) break;
    }
    const uint64_t available = end - position;
    const auto* header = reinterpret_cast<const uint32_t*>(
        ring_.data + (position & (ring_.size - 1) & ~uint64_t{7}));
    const uint32_t word = __atomic_load_n(header, __ATOMIC_ACQUIRE);
    if ((word & kBusy) != 0 && available <= ring_.size) break;
    const uint32_t length = word & ~(kBusy | kDiscard);
    const uint64_t taken = (length + kRingHeader + 7) & ~uint64_t{7};
    if (taken > available || available > ring_.size) {
      bad_records_++;
      position = end;
      break;
    }
    if ((word & kDiscard) == 0) {
      if (!decoder_.Decode(Record(position + kRingHeader, length), sink)) bad_records_++;
      delivered++;
    }
    position += taken;
    if (++unpublished == kGiveBackEvery) {
      give_back();
      unpublished = 0;
    }
  }
  give_back();
  return delivered;
}

}  // namespace podtap::events
