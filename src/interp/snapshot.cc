#include "interp/snapshot.h"

#include <algorithm>
#include <cstring>

#include "ir/layout.h"
#include "ir/statistics.h"

namespace podtap::interp {

std::string_view TextIn(std::span<const uint8_t> bytes) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return {text, strnlen(text, bytes.size())};
}

int64_t NumberIn(std::span<const uint8_t> bytes) {
  int64_t number = 0;
  std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof number));
  return number;
}

KeyPlace PlaceOfKey(const ir::Global& global, size_t key) {
  KeyPlace place;
  for (size_t i = 0; i <= key; i++) {
    place.offset += place.size;
    place.size = global.keys[i].type == ir::Type::kStr ? global.keys[i].cap : 8;
  }
  return place;
}

Snapshot::Bytes Snapshot::Key(size_t i) const {
  return Bytes(bytes_).subspan(order_[i].element * stride_, key_size_);
}

Snapshot::Bytes Snapshot::Value(size_t i) const {
  return Bytes(bytes_).subspan(order_[i].element * stride_ + key_size_, stride_ - key_size_);
}

bool Snapshot::Next(Bytes& key, Bytes& value) {
  if (next_ >= order_.size()) return false;
  key = Key(next_);
  value = Value(next_);
  next_++;
  return true;
}

Snapshot::SortKey Snapshot::KeyOf(const ir::Global& global, const SortBy& by,
                                  uint32_t element) const {
  const Bytes all = Bytes(bytes_).subspan(element * stride_, stride_);
  const Bytes value = all.subspan(key_size_);
  SortKey key;
  key.element = element;
  key.sequence = static_cast<uint64_t>(NumberIn(value.subspan(ir::SequenceOffset(global), 8)));
  if (by.direction == 0) return key;
  if (by.column > 0 && static_cast<size_t>(by.column) <= global.keys.size()) {
    const auto column = static_cast<size_t>(by.column) - 1;
    const KeyPlace place = PlaceOfKey(global, column);
    const Bytes bytes = all.subspan(place.offset, place.size);
    if (global.keys[column].type == ir::Type::kStr) {
      key.text = TextIn(bytes);
    } else {
      key.number = NumberIn(bytes);
    }
  } else if (global.value == ir::ValueType::kString) {
    key.text = TextIn(value.first(global.value_cap));
  } else if (global.value == ir::ValueType::kStats) {
    key.number = ir::ReadStat(by.stat, value);
  } else {
    key.number = NumberIn(value);
  }
  return key;
}

void Snapshot::Take(ir::Store& store, const ir::Module& module, uint32_t number, const SortBy& by,
                    const std::function<bool(Bytes)>& keep, size_t limit) {
  const ir::Global& global = module.globals[number];
  key_size_ = ir::KeySize(global);
  stride_ = key_size_ + ir::ValueSize(global);
  bytes_.clear();
  order_.clear();
  next_ = 0;
  store.ForEach(number, [&](Bytes key, Bytes value) {
    if (key.size() != key_size_ || value.size() != stride_ - key_size_ || !keep(key)) return;
    bytes_.insert(bytes_.end(), key.begin(), key.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  });
  const size_t count = stride_ == 0 ? 0 : bytes_.size() / stride_;
  for (size_t i = 0; i < count; i++) {
    order_.push_back(KeyOf(global, by, static_cast<uint32_t>(i)));
  }
  const auto before = [down = by.direction < 0](const SortKey& a, const SortKey& b) {
    if (a.number != b.number) return down ? a.number > b.number : a.number < b.number;
    if (const int order = a.text.compare(b.text); order != 0) return down ? order > 0 : order < 0;
    return down ? a.sequence > b.sequence : a.sequence < b.sequence;
  };
  if (limit < order_.size()) {
    std::partial_sort(order_.begin(), order_.begin() + static_cast<ptrdiff_t>(limit), order_.end(),
                      before);
    order_.resize(limit);
  } else {
    std::sort(order_.begin(), order_.end(), before);
  }
}

}  // namespace podtap::interp
