// A record's bytes → its items.
#include <cstring>

#include "events/reader.h"

namespace podtap::events {
namespace {

using Field = ir::Item::Field;
using Bytes = std::span<const uint8_t>;

uint64_t ReadWord(Bytes bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

std::string_view AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Error BadRecord(const char* reason) {
  return {.kind = ErrorKind::kInput,
          .tried = "understand a record of the ring buffer",
          .on = "",
          .reason = reason,
          .error_number = 0,
          .remedy = "",
          .detail = ""};
}

bool HasFormat(ir::Op op) { return op != ir::Op::kEvent && op != ir::Op::kExit; }

// Walks over the bytes of one item's fields.
class FieldReader {
 public:
  explicit FieldReader(Bytes bytes) : rest_(bytes) {}

  bool Take(uint64_t size, Bytes& taken) {
    if (size > rest_.size()) return false;
    taken = rest_.first(static_cast<size_t>(size));
    rest_ = rest_.subspan(static_cast<size_t>(size));
    return true;
  }

  // `is_memory`: raw bytes, in which a NUL ends nothing.
  bool Read(const Field& field, bool is_memory, ir::FormatValue& value) {
    Bytes bytes;
    switch (field.kind) {
      case Field::Kind::kConstant:
        return true;
      case Field::Kind::kLong:
        if (!Take(8, bytes)) return false;
        value.number = static_cast<int64_t>(ReadWord(bytes));
        return true;
      case Field::Kind::kInlineString:
        if (!Take(field.cap, bytes)) return false;
        value.text = AsText(bytes);
        if (!is_memory) value.text = value.text.substr(0, value.text.find('\0'));
        return true;
      case Field::Kind::kLongString:
        return ReadCounted(field.cap, 1, value);
      case Field::Kind::kChain:
        return ReadCounted(ir::kMaxChain, sizeof(ir::ChainEntry), value);
    }
    return false;
  }

  bool empty() const { return rest_.empty(); }

 private:
  bool ReadCounted(uint64_t most, uint64_t unit, ir::FormatValue& value) {
    Bytes bytes;
    if (!Take(8, bytes)) return false;
    const uint64_t count = ReadWord(bytes);
    if (count > most) return false;
    const uint64_t size = count * unit;
    if (!Take((size + 7) & ~uint64_t{7}, bytes)) return false;
    value.text = AsText(bytes.first(static_cast<size_t>(size)));
    return true;
  }

  Bytes rest_;
};

}  // namespace

Decoder::Decoder(const ir::Module& module, const ir::Layout& layout)
    : module_(module), layout_(layout) {
  for (const ir::Item& item : layout.items) {
    kinds_.push_back(HasFormat(item.op) && item.index < module.formats.size()
                         ? ir::ArgumentKinds(module.formats[item.index])
                         : "");
  }
}

const char* Decoder::ReadFields(uint32_t number, Bytes bytes) {
  const ir::Item& item = layout_.items[number];
  const std::string& kinds = kinds_[number];
  FieldReader reader(bytes);
  values_.assign(item.fields.size(), {});
  for (size_t i = 0; i < item.fields.size(); i++) {
    const Field& field = item.fields[i];
    const bool is_memory = i < kinds.size() && kinds[i] == 'm';
    if (!reader.Read(field, is_memory, values_[i])) return "a field doesn't fit into its item";
    if (field.kind != Field::Kind::kConstant) continue;
    if (field.constant.is_literal()) {
      values_[i].text = module_.literals[static_cast<size_t>(field.constant.imm)];
      values_[i].literal = true;
    } else {
      values_[i].number = field.constant.imm;
    }
  }
  return reader.empty() ? nullptr : "an item is longer than its fields";
}

Result<void> Decoder::Decode(Bytes record, Sink& sink) {
  if (record.size() < sizeof header_) return std::unexpected(BadRecord("it has no header"));
  std::memcpy(&header_, record.data(), sizeof header_);
  if (header_.program >= module_.programs.size()) {
    return std::unexpected(BadRecord("there is no such program"));
  }
  record = record.subspan(sizeof header_);
  while (!record.empty()) {
    ir::ItemHeader header;
    if (record.size() < sizeof header) return std::unexpected(BadRecord("an item has no header"));
    std::memcpy(&header, record.data(), sizeof header);
    if (header.item >= layout_.items.size()) {
      return std::unexpected(BadRecord("there is no such item"));
    }
    if (header.size < sizeof header || header.size > record.size()) {
      return std::unexpected(BadRecord("an item's size is wrong"));
    }
    const Bytes fields = record.first(header.size).subspan(sizeof header);
    if (const char* wrong = ReadFields(header.item, fields)) {
      return std::unexpected(BadRecord(wrong));
    }
    sink.OnEvent({.header = &header_, .item = &layout_.items[header.item], .values = values_});
    record = record.subspan(header.size);
  }
  return {};
}

}  // namespace podtap::events
