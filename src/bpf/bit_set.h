// BitSet: registers as bits, united and walked by words.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace podtap::bpf {

class BitSet {
 public:
  explicit BitSet(size_t bits = 0) : words_((bits + 63) / 64) {}
  bool Has(size_t bit) const { return (words_[bit / 64] >> (bit % 64) & 1) != 0; }
  void Add(size_t bit) { words_[bit / 64] |= uint64_t{1} << (bit % 64); }
  void Remove(size_t bit) { words_[bit / 64] &= ~(uint64_t{1} << (bit % 64)); }
  // Returns whether anything was new.
  bool Unite(const BitSet& from) {
    uint64_t fresh = 0;
    for (size_t i = 0; i < words_.size(); i++) {
      fresh |= from.words_[i] & ~words_[i];
      words_[i] |= from.words_[i];
    }
    return fresh != 0;
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t i = 0; i < words_.size(); i++) {
      for (uint64_t rest = words_[i]; rest != 0; rest &= rest - 1) {
        visit(i * 64 + static_cast<size_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace podtap::bpf
