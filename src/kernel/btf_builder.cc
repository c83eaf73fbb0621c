#include "kernel/btf_builder.h"

#include <algorithm>
#include <cstring>

#include "kernel/btf_format.h"

namespace podtap::kernel {

namespace format = btf_format;

uint32_t BtfBuilder::String(std::string_view text) {
  if (text.empty()) return 0;
  const auto [entry, is_new] =
      string_offsets_.try_emplace(std::string(text), static_cast<uint32_t>(strings_.size()));
  if (is_new) {
    strings_ += text;
    strings_ += '\0';
  }
  return entry->second;
}

TypeId BtfBuilder::Add(BtfKind kind, std::string_view name, uint32_t vlen, bool flag,
                       uint32_t size_or_type, const std::vector<uint32_t>& rest) {
  types_.push_back(String(name));
  types_.push_back((flag ? 1u << 31 : 0u) | static_cast<uint32_t>(kind) << 24 | vlen);
  types_.push_back(size_or_type);
  types_.insert(types_.end(), rest.begin(), rest.end());
  return next_id_++;
}

TypeId BtfBuilder::Int(std::string_view name, uint32_t bytes, bool is_signed, uint32_t bits) {
  const uint32_t encoding = is_signed ? format::kIntSigned : 0;
  return Add(BtfKind::kInt, name, 0, false, bytes,
             {encoding << 24 | (bits == 0 ? bytes * 8 : bits)});
}

TypeId BtfBuilder::Ptr(TypeId target) { return Add(BtfKind::kPtr, "", 0, false, target, {}); }
TypeId BtfBuilder::Const(TypeId target) { return Add(BtfKind::kConst, "", 0, false, target, {}); }
TypeId BtfBuilder::Volatile(TypeId target) {
  return Add(BtfKind::kVolatile, "", 0, false, target, {});
}
TypeId BtfBuilder::TypeTag(std::string_view tag, TypeId target) {
  return Add(BtfKind::kTypeTag, tag, 0, false, target, {});
}
TypeId BtfBuilder::Typedef(std::string_view name, TypeId target) {
  return Add(BtfKind::kTypedef, name, 0, false, target, {});
}
TypeId BtfBuilder::Array(TypeId element, uint32_t length) {
  return Add(BtfKind::kArray, "", 0, false, 0, {element, element, length});
}

TypeId BtfBuilder::Composite(BtfKind kind, std::string_view name, uint32_t bytes,
                             const std::vector<Member>& members) {
  const bool flag = std::ranges::any_of(members, [](const Member& m) { return m.width != 0; });
  std::vector<uint32_t> rest;
  for (const Member& member : members) {
    rest.push_back(String(member.name));
    rest.push_back(member.type);
    rest.push_back(member.width << 24 | member.bits);
  }
  return Add(kind, name, static_cast<uint32_t>(members.size()), flag, bytes, rest);
}

TypeId BtfBuilder::Struct(std::string_view name, uint32_t bytes,
                          const std::vector<Member>& members) {
  return Composite(BtfKind::kStruct, name, bytes, members);
}
TypeId BtfBuilder::Union(std::string_view name, uint32_t bytes,
                         const std::vector<Member>& members) {
  return Composite(BtfKind::kUnion, name, bytes, members);
}
TypeId BtfBuilder::Fwd(std::string_view name, bool is_union) {
  return Add(BtfKind::kFwd, name, 0, is_union, 0, {});
}

TypeId BtfBuilder::Enum(std::string_view name, const std::vector<Enumerator>& values) {
  const bool flag = std::ranges::any_of(values, [](const Enumerator& e) { return e.value < 0; });
  std::vector<uint32_t> rest;
  for (const Enumerator& value : values) {
    rest.push_back(String(value.name));
    rest.push_back(static_cast<uint32_t>(value.value));
  }
  return Add(BtfKind::kEnum, name, static_cast<uint32_t>(values.size()), flag, 4, rest);
}

TypeId BtfBuilder::Enum64(std::string_view name, const std::vector<Enumerator>& values) {
  const bool flag = std::ranges::any_of(values, [](const Enumerator& e) { return e.value < 0; });
  std::vector<uint32_t> rest;
  for (const Enumerator& value : values) {
    const auto bits = static_cast<uint64_t>(value.value);
    rest.push_back(String(value.name));
    rest.push_back(static_cast<uint32_t>(bits));
    rest.push_back(static_cast<uint32_t>(bits >> 32));
  }
  return Add(BtfKind::kEnum64, name, static_cast<uint32_t>(values.size()), flag, 8, rest);
}

TypeId BtfBuilder::FuncProto(TypeId result, const std::vector<Param>& params) {
  std::vector<uint32_t> rest;
  for (const Param& param : params) {
    rest.push_back(String(param.name));
    rest.push_back(param.type);
  }
  return Add(BtfKind::kFuncProto, "", static_cast<uint32_t>(params.size()), false, result, rest);
}

TypeId BtfBuilder::Func(std::string_view name, TypeId proto) {
  return Add(BtfKind::kFunc, name, 0, false, proto, {});
}

TypeId BtfBuilder::Tracepoint(const std::string& name, const std::vector<Param>& params) {
  if (void_pointer_ == 0) void_pointer_ = Ptr(0);
  std::vector<Param> named = {{"__data", void_pointer_}};
  named.insert(named.end(), params.begin(), params.end());
  std::vector<Param> anonymous = named;
  for (Param& param : anonymous) param.name.clear();
  Func("__probestub_" + name, FuncProto(0, named));
  return Typedef("btf_trace_" + name, Ptr(FuncProto(0, anonymous)));
}

std::vector<uint8_t> BtfBuilder::Bytes() const {
  const auto types_size = static_cast<uint32_t>(types_.size() * sizeof(uint32_t));
  const format::Header header{.magic = format::kMagic,
                              .version = format::kVersion,
                              .flags = 0,
                              .header_size = sizeof(format::Header),
                              .types_offset = 0,
                              .types_size = types_size,
                              .strings_offset = types_size,
                              .strings_size = static_cast<uint32_t>(strings_.size())};
  std::vector<uint8_t> bytes(sizeof(header) + types_size + strings_.size());
  std::memcpy(bytes.data(), &header, sizeof(header));
  if (types_size > 0) std::memcpy(bytes.data() + sizeof(header), types_.data(), types_size);
  std::memcpy(bytes.data() + sizeof(header) + types_size, strings_.data(), strings_.size());
  return bytes;
}

}  // namespace podtap::kernel
