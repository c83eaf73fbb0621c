// Globals that live in this process. An array keeps its elements in slots, linked
// in the order of insertion, and finds them by a hash of their key bytes.
#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "interp/interp.h"
#include "ir/statistics.h"

namespace podtap::interp {
namespace {

using Bytes = ir::Store::Bytes;

std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
Bytes AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct KeyHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

class Array {
 public:
  explicit Array(const ir::Global& global)
      : value_size_(ir::ValueSize(global)),
        sequence_offset_(ir::SequenceOffset(global)),
        max_entries_(global.max_entries),
        wrap_(global.wrap) {}

  // The value's bytes, or null.
  uint8_t* Find(Bytes key) {
    const auto found = index_.find(AsText(key));
    return found == index_.end() ? nullptr : Value(found->second);
  }

  // A new element of zeros; null when the array is full.
  uint8_t* Insert(Bytes key) {
    if (index_.size() >= max_entries_) {
      if (!wrap_ || oldest_ == kNil) return nullptr;
      Erase(oldest_);
    }
    const uint32_t slot = NewSlot();
    const auto [place, is_new] = index_.emplace(AsText(key), slot);
    slots_[slot] = {.key = place->first, .newer = kNil, .older = newest_};
    (newest_ == kNil ? oldest_ : slots_[newest_].newer) = slot;
    newest_ = slot;
    uint8_t* value = Value(slot);
    std::memset(value, 0, value_size_);
    const uint64_t sequence = next_sequence_++;
    std::memcpy(value + sequence_offset_, &sequence, sizeof sequence);
    return value;
  }

  void Delete(Bytes key) {
    const auto found = index_.find(AsText(key));
    if (found != index_.end()) Erase(found->second);
  }

  void Clear() {
    index_.clear();
    slots_.clear();
    values_.clear();
    free_.clear();
    oldest_ = newest_ = kNil;
  }

  template <typename Visit>
  void ForEach(const Visit& visit) {
    for (uint32_t slot = oldest_; slot != kNil; slot = slots_[slot].newer) {
      visit(AsBytes(slots_[slot].key), Bytes(Value(slot), value_size_));
    }
  }

  uint32_t value_size() const { return value_size_; }
  uint32_t sequence_offset() const { return sequence_offset_; }

 private:
  static constexpr uint32_t kNil = UINT32_MAX;
  struct Slot {
    std::string_view key;  // of the index, whose nodes stay where they are
    uint32_t newer = kNil;
    uint32_t older = kNil;
  };

  uint8_t* Value(uint32_t slot) { return values_.data() + size_t{slot} * value_size_; }

  uint32_t NewSlot() {
    if (!free_.empty()) {
      const uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }
    slots_.emplace_back();
    values_.resize(values_.size() + value_size_);
    return static_cast<uint32_t>(slots_.size() - 1);
  }

  void Erase(uint32_t number) {
    const Slot slot = slots_[number];
    (slot.older == kNil ? oldest_ : slots_[slot.older].newer) = slot.newer;
    (slot.newer == kNil ? newest_ : slots_[slot.newer].older) = slot.older;
    index_.erase(index_.find(slot.key));
    free_.push_back(number);
  }

  uint32_t value_size_;
  uint32_t sequence_offset_;
  uint32_t max_entries_;
  bool wrap_;
  std::unordered_map<std::string, uint32_t, KeyHash, std::equal_to<>> index_;
  std::vector<Slot> slots_;
  std::vector<uint8_t> values_;
  std::vector<uint32_t> free_;
  uint32_t oldest_ = kNil;
  uint32_t newest_ = kNil;
  uint64_t next_sequence_ = 0;
};

class LocalStore : public ir::Store {
 public:
  explicit LocalStore(const ir::Module& module) : module_(module) {
    for (const ir::Global& global : module.globals) {
      arrays_.emplace_back(global);
      std::vector<uint64_t>& scalar = scalars_.emplace_back();
      texts_.push_back({.text = "", .limit = global.value_cap > 0 ? global.value_cap - 1 : 0});
      if (global.is_array()) continue;
      if (global.value == ir::ValueType::kString) {
        LocalStore::SetText(static_cast<uint32_t>(texts_.size() - 1), global.init_string);
        continue;
      }
      scalar.resize(ir::SequenceOffset(global) / 8);
      if (global.value == ir::ValueType::kLong) std::memcpy(scalar.data(), &global.init_long, 8);
    }
  }

  int64_t* Long(uint32_t global) override {
    return reinterpret_cast<int64_t*>(scalars_[global].data());
  }

  void Text(uint32_t global, std::string& out) override { out = texts_[global].text; }

  void SetText(uint32_t global, std::string_view text) override {
    TextScalar& scalar = texts_[global];
    text = text.substr(0, text.find('\0'));
    scalar.text.assign(text.substr(0, scalar.limit));
  }

  bool Push(uint32_t global, Bytes key, int64_t number) override {
    Array& array = arrays_[global];
    if (key.empty()) {
      ir::PushStat(module_.globals[global], number, Scalar(global));
      return true;
    }
    uint8_t* at = array.Find(key);
    if (at == nullptr) at = array.Insert(key);
    if (at == nullptr) return false;
    ir::PushStat(module_.globals[global], number, {at, array.sequence_offset()});
    return true;
  }

  bool Get(uint32_t global, Bytes key, std::span<uint8_t> value) override {
    if (key.empty()) {
      const std::span<uint8_t> scalar = Scalar(global);
      std::memcpy(value.data(), scalar.data(), std::min(value.size(), scalar.size()));
      return true;
    }
    const uint8_t* found = arrays_[global].Find(key);
    if (found == nullptr) return false;
    std::memcpy(value.data(), found, std::min<size_t>(value.size(), arrays_[global].value_size()));
    return true;
  }

  bool Set(uint32_t global, Bytes key, Bytes value) override {
    Array& array = arrays_[global];
    uint8_t* to = array.Find(key);
    if (to == nullptr) to = array.Insert(key);
    if (to == nullptr) return false;
    std::memcpy(to, value.data(), std::min<size_t>(value.size(), array.sequence_offset()));
    return true;
  }

  bool Add(uint32_t global, Bytes key, int64_t delta, int64_t& before) override {
    Array& array = arrays_[global];
    uint8_t* at = array.Find(key);
    if (at == nullptr) at = array.Insert(key);
    before = 0;
    if (at == nullptr) return false;
    uint64_t number = 0;
    std::memcpy(&number, at, sizeof number);
    before = static_cast<int64_t>(number);
    number += static_cast<uint64_t>(delta);
    std::memcpy(at, &number, sizeof number);
    return true;
  }

  void Delete(uint32_t global, Bytes key) override { arrays_[global].Delete(key); }
  void Clear(uint32_t global) override {
    arrays_[global].Clear();
    std::ranges::fill(scalars_[global], 0);
    texts_[global].text.clear();
  }
  void ForEach(uint32_t global, const std::function<void(Bytes, Bytes)>& visit) override {
    arrays_[global].ForEach(visit);
  }

 private:
  struct TextScalar {
    std::string text;
    size_t limit = 0;  // bytes
  };
  std::span<uint8_t> Scalar(uint32_t global) {
    std::vector<uint64_t>& words = scalars_[global];
    return {reinterpret_cast<uint8_t*>(words.data()), words.size() * sizeof(uint64_t)};
  }

  const ir::Module& module_;
  std::vector<Array> arrays_;
  std::vector<std::vector<uint64_t>> scalars_;  // longs and statistics, as whole words
  std::vector<TextScalar> texts_;
};

}  // namespace

std::unique_ptr<ir::Store> MakeLocalStore(const ir::Module& module) {
  return std::make_unique<LocalStore>(module);
}

}  // namespace podtap::interp
