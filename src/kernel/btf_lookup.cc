// Finds types, members, parameters and enumerators by name.
//
// There is no index: a name's first bytes are compared with those of every type
// of its kind. The strings of vmlinux lie in the order of the types, so this
// walks memory forwards (under 150 µs for the functions, a few µs for the other
// kinds, measured), which is less than what a hash table of 75,000 names takes.
#include <algorithm>

#include "kernel/btf_state.h"

namespace podtap::kernel {
namespace {

namespace format = btf_format;

constexpr uint32_t Number(BtfKind kind) { return static_cast<uint32_t>(kind); }

// Members of corrupt BTF may nest so that they multiply; real structs hold
// under 1,000.
constexpr int kMaxMembers = 1 << 16;

// Whether the string at `offset` is `name`, with the NUL that must follow.
bool Equals(const char* strings, uint32_t strings_size, uint32_t offset, std::string_view name) {
  if (offset >= strings_size || strings_size - offset <= name.size()) return false;
  const char* at = strings + offset;
  return at[0] == name[0] && at[name.size()] == '\0' &&
         std::memcmp(at, name.data(), name.size()) == 0;
}

bool StartsWith(const char* strings, uint32_t strings_size, uint32_t offset,
                std::string_view prefix) {
  return offset < strings_size && strings_size - offset > prefix.size() &&
         std::memcmp(strings + offset, prefix.data(), prefix.size()) == 0;
}

}  // namespace

std::optional<TypeId> Btf::Find(std::string_view name, BtfKind kind) const {
  if (name.empty() || Number(kind) >= format::kKinds) return std::nullopt;
  const char* strings = state_->strings;
  const uint32_t strings_size = state_->strings_size;
  for (const TypeId id : state_->named[Number(kind)])
    if (Equals(strings, strings_size, state_->NameOffset(id), name)) return id;
  return std::nullopt;
}

std::optional<TypeId> Btf::FindStruct(std::string_view name) const {
  constexpr std::string_view kStruct = "struct ";
  constexpr std::string_view kUnion = "union ";
  if (name.starts_with(kStruct)) return Find(name.substr(kStruct.size()), BtfKind::kStruct);
  if (name.starts_with(kUnion)) return Find(name.substr(kUnion.size()), BtfKind::kUnion);
  if (auto id = Find(name, BtfKind::kStruct)) return id;
  if (auto id = Find(name, BtfKind::kUnion)) return id;
  if (auto id = Find(name, BtfKind::kTypedef); id && IsStruct(*id)) return Strip(*id);
  return std::nullopt;
}

namespace {

// Where a member lies: its storage unit and, for a bit field, its bits in it.
struct Place {
  uint32_t offset = 0;
  uint32_t bit_offset = 0;
  uint32_t bit_size = 0;
};

// `bits` from the outer struct's start; `width` 0 for what is no bit field.
// `unit`: bytes of the declared type, into which compilers align a bit field.
Place PlaceOf(uint64_t bits, uint32_t width, uint32_t unit) {
  if (width == 0) return {static_cast<uint32_t>(bits / 8), 0, 0};
  if (unit == 0 || unit > 16) unit = 1;  // no integer is wider
  const uint64_t unit_bits = uint64_t{unit} * 8;
  uint64_t base = bits / unit_bits * unit_bits;
  if (bits - base + width > unit_bits) base = bits / 8 * 8;  // packed across two units
  return {static_cast<uint32_t>(base / 8), static_cast<uint32_t>(bits - base), width};
}

}  // namespace

// Calls visit(member, bit offset from the outer struct, width) for each member,
// those of anonymous structs in their place, until it returns true.
struct Btf::MemberWalk {
  const Btf& btf;
  const std::function<bool(std::string_view, TypeId, uint64_t, uint32_t)>& visit;
  int budget = kMaxMembers;

  bool Walk(TypeId id, uint64_t base_bits, int depth) {
    const State& state = *btf.state_;
    const format::TypeHeader header = state.Header(id);
    const bool wide = format::KindFlagOf(header.info);
    const uint32_t count = format::VlenOf(header.info);
    for (uint32_t i = 0; i < count; ++i) {
      if (--budget < 0) return true;
      const auto member = state.Element<format::Member>(id, i);
      const uint64_t bits = base_bits + (wide ? member.offset & 0xffffff : member.offset);
      const std::string_view name = state.String(member.name);
      if (name.empty() && btf.IsStruct(member.type)) {
        if (depth < kMaxNesting && Walk(btf.Strip(member.type), bits, depth + 1)) return true;
        continue;
      }
      if (name.empty()) continue;  // padding
      if (visit(name, member.type, bits, wide ? member.offset >> 24 : 0)) return true;
    }
    return false;
  }
};

namespace {

struct IntShape {
  uint32_t offset = 0;
  uint32_t bits = 0;
};

}  // namespace

BtfMember Btf::MakeMember(std::string_view name, TypeId type, uint64_t bits, uint32_t width) const {
  // Without kind_flag a bit field is told by its int: narrower than its bytes.
  const TypeId plain = Strip(type);
  const uint32_t size = Size(plain);
  if (width == 0 && Kind(plain) == BtfKind::kInt) {
    const auto word = state_->Element<uint32_t>(plain, 0);
    const IntShape shape{format::IntOffset(word), format::IntBits(word)};
    if (shape.bits != 0 && (shape.bits != size * 8 || shape.offset != 0)) {
      bits += shape.offset;
      width = shape.bits;
    }
  }
  const Place place = PlaceOf(bits, width, size);
  return {name, type, place.offset, place.bit_offset, place.bit_size};
}

std::optional<BtfMember> Btf::FindMember(TypeId struct_id, std::string_view name) const {
  if (name.empty() || !IsStruct(struct_id)) return std::nullopt;
  std::optional<BtfMember> found;
  const std::function<bool(std::string_view, TypeId, uint64_t, uint32_t)> visit =
      [&](std::string_view member, TypeId type, uint64_t bits, uint32_t width) {
        if (member != name) return false;
        found = MakeMember(member, type, bits, width);
        return true;
      };
  MemberWalk{*this, visit}.Walk(Strip(struct_id), 0, 0);
  return found;
}

std::vector<BtfMember> Btf::Members(TypeId struct_id) const {
  std::vector<BtfMember> members;
  if (!IsStruct(struct_id)) return members;
  const std::function<bool(std::string_view, TypeId, uint64_t, uint32_t)> visit =
      [&](std::string_view member, TypeId type, uint64_t bits, uint32_t width) {
        members.push_back(MakeMember(member, type, bits, width));
        return false;
      };
  MemberWalk{*this, visit}.Walk(Strip(struct_id), 0, 0);
  return members;
}

std::vector<BtfParam> Btf::Params(TypeId func_or_proto) const {
  std::vector<BtfParam> params;
  const TypeId proto =
      Kind(func_or_proto) == BtfKind::kFunc ? Target(func_or_proto) : func_or_proto;
  if (Kind(proto) != BtfKind::kFuncProto) return params;
  const uint32_t count = format::VlenOf(state_->Header(proto).info);
  for (uint32_t i = 0; i < count; ++i) {
    const auto param = state_->Element<format::Param>(proto, i);
    params.push_back({state_->String(param.name), param.type});
  }
  return params;
}

TypeId Btf::ReturnType(TypeId func_or_proto) const {
  const TypeId proto =
      Kind(func_or_proto) == BtfKind::kFunc ? Target(func_or_proto) : func_or_proto;
  return Kind(proto) == BtfKind::kFuncProto ? state_->Header(proto).size_or_type : 0;
}

std::optional<int64_t> Btf::Enumerator(TypeId enum_id, std::string_view name) const {
  if (name.empty()) return std::nullopt;
  const TypeId id = Strip(enum_id);
  const format::TypeHeader header = state_->Header(id);
  const uint32_t kind = format::KindOf(header.info);
  const uint32_t count = format::VlenOf(header.info);
  const bool is_signed = format::KindFlagOf(header.info);
  if (kind == Number(BtfKind::kEnum)) {
    for (uint32_t i = 0; i < count; ++i) {
      const auto element = state_->Element<format::Enum>(id, i);
      if (!Equals(state_->strings, state_->strings_size, element.name, name)) continue;
      return is_signed ? int64_t{static_cast<int32_t>(element.value)} : int64_t{element.value};
    }
  } else if (kind == Number(BtfKind::kEnum64)) {
    for (uint32_t i = 0; i < count; ++i) {
      const auto element = state_->Element<format::Enum64>(id, i);
      if (Equals(state_->strings, state_->strings_size, element.name, name))
        return static_cast<int64_t>(uint64_t{element.high} << 32 | element.low);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> Btf::FindEnumerator(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  // Anonymous enums are in no list by name, so this goes over all types.
  const auto end = static_cast<TypeId>(state_->offsets.size());
  for (TypeId id = 1; id < end; ++id) {
    const BtfKind kind = Kind(id);
    if (kind != BtfKind::kEnum && kind != BtfKind::kEnum64) continue;
    if (auto value = Enumerator(id, name)) return value;
  }
  return std::nullopt;
}

void Btf::ForEach(BtfKind kind, std::string_view prefix,
                  const std::function<void(TypeId, std::string_view)>& visit) const {
  if (Number(kind) >= format::kKinds) return;
  for (const TypeId id : state_->named[Number(kind)]) {
    const uint32_t name = state_->NameOffset(id);
    if (StartsWith(state_->strings, state_->strings_size, name, prefix))
      visit(id, state_->String(name));
  }
}

}  // namespace podtap::kernel
