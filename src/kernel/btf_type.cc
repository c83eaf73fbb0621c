// What a type is: its kind, size, target, and how it is written in C.
#include <limits>

#include "kernel/btf_state.h"

namespace podtap::kernel {
namespace {

namespace format = btf_format;

bool IsModifier(BtfKind kind) {
  return kind == BtfKind::kTypedef || kind == BtfKind::kConst || kind == BtfKind::kVolatile ||
         kind == BtfKind::kRestrict || kind == BtfKind::kTypeTag;
}

}  // namespace

uint32_t Btf::type_count() const { return static_cast<uint32_t>(state_->offsets.size() - 1); }

BtfKind Btf::Kind(TypeId id) const {
  return static_cast<BtfKind>(format::KindOf(state_->Header(id).info));
}

std::string_view Btf::Name(TypeId id) const { return state_->String(state_->Header(id).name); }

TypeId Btf::Strip(TypeId id) const {
  for (int i = 0; i < kMaxChain && IsModifier(Kind(id)); ++i) id = state_->Header(id).size_or_type;
  return IsModifier(Kind(id)) ? 0 : id;
}

TypeId Btf::Target(TypeId id) const {
  const BtfKind kind = Kind(id);
  if (kind == BtfKind::kArray) return state_->Element<format::Array>(id, 0).type;
  if (kind == BtfKind::kPtr || kind == BtfKind::kFunc || kind == BtfKind::kVar || IsModifier(kind))
    return state_->Header(id).size_or_type;
  return 0;
}

uint32_t Btf::Size(TypeId id) const {
  uint64_t count = 1;
  for (int i = 0; i < kMaxChain; ++i) {
    id = Strip(id);
    uint64_t size = 0;
    switch (Kind(id)) {
      case BtfKind::kArray:
        count *= ArrayLength(id);
        if (count > std::numeric_limits<uint32_t>::max()) return 0;
        id = Target(id);
        continue;
      case BtfKind::kPtr:
        size = 8;
        break;
      case BtfKind::kInt:
      case BtfKind::kStruct:
      case BtfKind::kUnion:
      case BtfKind::kEnum:
      case BtfKind::kEnum64:
      case BtfKind::kFloat:
      case BtfKind::kDataSec:
        size = state_->Header(id).size_or_type;
        break;
      default:
        return 0;
    }
    const uint64_t bytes = count * size;
    return bytes > std::numeric_limits<uint32_t>::max() ? 0 : static_cast<uint32_t>(bytes);
  }
  return 0;
}

bool Btf::IsSigned(TypeId id) const {
  id = Strip(id);
  switch (Kind(id)) {
    case BtfKind::kInt:
      return (format::IntEncoding(state_->Element<uint32_t>(id, 0)) & format::kIntSigned) != 0;
    case BtfKind::kEnum:
    case BtfKind::kEnum64:
      return format::KindFlagOf(state_->Header(id).info);
    default:
      return false;
  }
}

bool Btf::IsPointer(TypeId id) const { return Kind(Strip(id)) == BtfKind::kPtr; }

bool Btf::IsStruct(TypeId id) const {
  const BtfKind kind = Kind(Strip(id));
  return kind == BtfKind::kStruct || kind == BtfKind::kUnion;
}

bool Btf::IsCharArray(TypeId id) const {
  id = Strip(id);
  if (Kind(id) != BtfKind::kArray) return false;
  const TypeId element = Strip(Target(id));
  // By name: u8 arrays (addresses, UUIDs) are no text.
  return Kind(element) == BtfKind::kInt && Size(element) == 1 && Name(element) == "char";
}

uint32_t Btf::ArrayLength(TypeId id) const {
  id = Strip(id);
  return Kind(id) == BtfKind::kArray ? state_->Element<format::Array>(id, 0).length : 0;
}

namespace {

// C's declarators are read inside out: `inner` is what stands where the name of
// a variable would.
std::string Declare(const Btf& btf, TypeId id, std::string inner, int depth);

std::string DeclarePointer(const Btf& btf, TypeId id, std::string inner, int depth) {
  const TypeId target = btf.Target(id);
  const BtfKind kind = btf.Kind(target);
  const bool brackets = kind == BtfKind::kArray || kind == BtfKind::kFuncProto;
  inner.insert(0, "*");
  if (brackets) inner = "(" + inner + ")";
  return Declare(btf, target, std::move(inner), depth + 1);
}

std::string DeclareQualified(const Btf& btf, TypeId id, const char* word, std::string inner,
                             int depth) {
  const TypeId target = btf.Target(id);
  // `const` belongs behind the star of a pointer and before anything else.
  if (btf.Kind(target) == BtfKind::kPtr)
    return Declare(btf, target, std::string(" ") + word + inner, depth + 1);
  return std::string(word) + " " + Declare(btf, target, std::move(inner), depth + 1);
}

std::string DeclareFunction(const Btf& btf, TypeId id, const std::string& inner, int depth) {
  // Functions that take functions multiply in corrupt BTF: two levels of them.
  if (depth > 3) return Declare(btf, btf.ReturnType(id), inner + "(...)", depth + 1);
  std::string params;
  size_t listed = 0;
  for (const BtfParam& param : btf.Params(id)) {
    if (listed > 0) params += ", ";
    if (++listed > 16) {
      params += "...";
      break;
    }
    // A last parameter of type 0 stands for `...`.
    params += param.type == 0 ? "..." : Declare(btf, param.type, "", depth + 1);
  }
  return Declare(btf, btf.ReturnType(id), inner + "(" + (params.empty() ? "void" : params) + ")",
                 depth + 1);
}

std::string Named(const Btf& btf, TypeId id, const char* keyword, const std::string& inner) {
  std::string text = keyword;
  if (btf.Name(id).empty()) return text + "{...}" + inner;
  text += btf.Name(id);
  return text + inner;
}

std::string Declare(const Btf& btf, TypeId id, std::string inner, int depth) {
  if (depth > 8 || inner.size() > 512) return "..." + inner;
  switch (btf.Kind(id)) {
    case BtfKind::kVoid:
      return "void" + inner;
    case BtfKind::kPtr:
      return DeclarePointer(btf, id, std::move(inner), depth);
    case BtfKind::kConst:
      return DeclareQualified(btf, id, "const", std::move(inner), depth);
    case BtfKind::kVolatile:
      return DeclareQualified(btf, id, "volatile", std::move(inner), depth);
    case BtfKind::kRestrict:
      return DeclareQualified(btf, id, "restrict", std::move(inner), depth);
    case BtfKind::kTypeTag:
      return Declare(btf, btf.Target(id), std::move(inner), depth + 1);
    case BtfKind::kArray:
      return Declare(btf, btf.Target(id),
                     std::move(inner) + "[" + std::to_string(btf.ArrayLength(id)) + "]", depth + 1);
    case BtfKind::kFuncProto:
      return DeclareFunction(btf, id, inner, depth);
    case BtfKind::kStruct:
      return Named(btf, id, "struct ", inner);
    case BtfKind::kUnion:
      return Named(btf, id, "union ", inner);
    case BtfKind::kEnum:
    case BtfKind::kEnum64:
      return Named(btf, id, "enum ", inner);
    case BtfKind::kFwd:
      return Named(btf, id, btf.IsForwardUnion(id) ? "union " : "struct ", inner);
    default:
      return Named(btf, id, "", inner);
  }
}

}  // namespace

bool Btf::IsForwardUnion(TypeId id) const {
  return Kind(id) == BtfKind::kFwd && format::KindFlagOf(state_->Header(id).info);
}

std::string Btf::Describe(TypeId id) const { return Declare(*this, id, "", 0); }

}  // namespace podtap::kernel
