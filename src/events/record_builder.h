// Writes records as kernel programs do: for tests and the fuzzer's seeds.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "ir/layout.h"

namespace podtap::events {

class RecordBuilder {
 public:
  explicit RecordBuilder(const ir::RecordHeader& header) { Append(&header, sizeof header); }

  // The values of an item's fields, constants included (they are skipped).
  RecordBuilder& Item(const ir::Layout& layout, uint32_t number,
                      const std::vector<ir::FormatValue>& values) {
    using Kind = ir::Item::Field::Kind;
    const size_t start = bytes_.size();
    ir::ItemHeader header{.item = number, .size = 0};
    Append(&header, sizeof header);
    const ir::Item& item = layout.items[number];
    for (size_t i = 0; i < item.fields.size(); i++) {
      const ir::Item::Field& field = item.fields[i];
      if (field.kind == Kind::kConstant) continue;
      if (field.kind == Kind::kLong) {
        Append(&values[i].number, 8);
      } else if (field.kind == Kind::kInlineString) {
        Append(values[i].text.data(), values[i].text.size());
        bytes_.resize(bytes_.size() + field.cap - values[i].text.size());
      } else {
        const uint64_t unit = field.kind == Kind::kChain ? sizeof(ir::ChainEntry) : 1;
        const uint64_t count = values[i].text.size() / unit;
        Append(&count, 8);
        Append(values[i].text.data(), values[i].text.size());
        bytes_.resize((bytes_.size() + 7) & ~size_t{7});
      }
    }
    header.size = static_cast<uint32_t>(bytes_.size() - start);
    std::memcpy(bytes_.data() + start, &header, sizeof header);
    return *this;
  }

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  void Append(const void* from, size_t size) {
    const auto* first = static_cast<const uint8_t*>(from);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  std::vector<uint8_t> bytes_;
};

}  // namespace podtap::events
