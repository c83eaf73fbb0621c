#include "attach/btf_blob.h"

#include <cstring>

namespace podtap::attach {
namespace {

constexpr uint16_t kMagic = 0xeb9f;
constexpr uint32_t kHeaderSize = 24;
constexpr uint32_t kKindInt = 1, kKindFunc = 12, kKindFuncProto = 13;
constexpr size_t kMaxText = 200;
constexpr size_t kMaxStrings = 1u << 20;

void Put(std::vector<uint8_t>& out, uint32_t word) {
  const size_t at = out.size();
  out.resize(at + sizeof(word));
  std::memcpy(out.data() + at, &word, sizeof(word));
}

}  // namespace

BtfBlob::BtfBlob() : strings_(1, '\0') {
  int_name_ = String("int");
  function_name_ = String("probe");
  callback_name_ = String("element");
  for (const char* name : {"map", "key", "value", "context"}) {
    parameter_names_.push_back(String(name));
  }
}

uint32_t BtfBlob::String(std::string_view text) {
  std::string clean(text.substr(0, kMaxText));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
  }
  const auto found = offsets_.find(clean);
  if (found != offsets_.end()) return found->second;
  if (strings_.size() + clean.size() > kMaxStrings) return 0;
  const auto offset = static_cast<uint32_t>(strings_.size());
  strings_ += clean;
  strings_ += '\0';
  offsets_.emplace(std::move(clean), offset);
  return offset;
}

std::vector<uint8_t> BtfBlob::Bytes() const {
  std::vector<uint8_t> types;
  // [1] int: 4 bytes, signed, 32 bits.
  for (uint32_t word : {int_name_, kKindInt << 24, 4u, (1u << 24) | 32u}) Put(types, word);
  // [2] int (void)
  for (uint32_t word : {0u, kKindFuncProto << 24, 1u}) Put(types, word);
  // [3] static function of type [2]
  for (uint32_t word : {function_name_, kKindFunc << 24, 2u}) Put(types, word);
  // [4] int (int map, int key, int value, int context): the verifier knows better
  // what they are.
  for (uint32_t word : {0u, kKindFuncProto << 24 | 4u, 1u}) Put(types, word);
  for (uint32_t name : parameter_names_) {
    for (uint32_t word : {name, 1u}) Put(types, word);
  }
  // [5] static function of type [4]
  for (uint32_t word : {callback_name_, kKindFunc << 24, 4u}) Put(types, word);

  std::vector<uint8_t> out;
  Put(out, uint32_t{kMagic} | 1u << 16);  // magic, version 1, flags 0
  const auto type_size = static_cast<uint32_t>(types.size());
  for (uint32_t word :
       {kHeaderSize, 0u, type_size, type_size, static_cast<uint32_t>(strings_.size())}) {
    Put(out, word);
  }
  out.insert(out.end(), types.begin(), types.end());
  out.insert(out.end(), strings_.begin(), strings_.end());
  return out;
}

}  // namespace podtap::attach
