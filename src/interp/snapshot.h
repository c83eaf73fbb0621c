// The elements of an array at one moment, sorted: what foreach walks over and
// what is printed of unread arrays at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/ir.h"
#include "ir/store.h"

namespace podtap::interp {

struct SortBy {
  int direction = 0;  // as in ir::Iteration
  int column = 0;
  ir::StatField stat = ir::StatField::kCount;
};

class Snapshot {
 public:
  using Bytes = ir::Store::Bytes;

  // `keep` says which keys are wanted. Of equal ones the older stands first, or the
  // newer when sorted downwards: one order is the other's reverse, as in SystemTap.
  // The limit counts after sorting.
  void Take(ir::Store& store, const ir::Module& module, uint32_t global, const SortBy& by,
            const std::function<bool(Bytes key)>& keep, size_t limit);

  size_t size() const { return order_.size(); }
  Bytes Key(size_t i) const;
  Bytes Value(size_t i) const;

  // The next element for foreach; false at the end.
  bool Next(Bytes& key, Bytes& value);

 private:
  // What one element is sorted by: a number or a text, then its age.
  struct SortKey {
    int64_t number = 0;
    std::string_view text;
    uint64_t sequence = 0;
    uint32_t element = 0;
  };
  SortKey KeyOf(const ir::Global& global, const SortBy& by, uint32_t element) const;

  size_t key_size_ = 0;
  size_t stride_ = 0;
  std::vector<uint8_t> bytes_;
  std::vector<SortKey> order_;
  size_t next_ = 0;
};

// Where a key stands among an element's key bytes, and how long it is.
struct KeyPlace {
  uint32_t offset = 0;
  uint32_t size = 0;
};
KeyPlace PlaceOfKey(const ir::Global& global, size_t key);

// A zero-padded string's text; an i64.
std::string_view TextIn(std::span<const uint8_t> bytes);
int64_t NumberIn(std::span<const uint8_t> bytes);

}  // namespace podtap::interp
