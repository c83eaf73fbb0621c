// A reader of vmlinux's BTF (Documentation/bpf/btf.rst), made for one quick
// scan of a mapped file: no copy, no index but the offsets of the types.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace podtap::kernel {

using TypeId = uint32_t;  // 0 is void

// BTF_KIND_* of include/uapi/linux/btf.h.
enum class BtfKind : uint8_t {
  kVoid = 0,
  kInt = 1,
  kPtr = 2,
  kArray = 3,
  kStruct = 4,
  kUnion = 5,
  kEnum = 6,
  kFwd = 7,
  kTypedef = 8,
  kVolatile = 9,
  kConst = 10,
  kRestrict = 11,
  kFunc = 12,
  kFuncProto = 13,
  kVar = 14,
  kDataSec = 15,
  kFloat = 16,
  kDeclTag = 17,
  kTypeTag = 18,
  kEnum64 = 19,
};

// A member found in a struct, through anonymous structs and unions.
struct BtfMember {
  std::string_view name;
  TypeId type = 0;          // as declared, modifiers included
  uint32_t offset = 0;      // bytes from the start of the outer struct
  uint32_t bit_offset = 0;  // of a bit field: bits from `offset`; 0 otherwise
  uint32_t bit_size = 0;    // of a bit field; 0: not one
};

struct BtfParam {
  std::string_view name;
  TypeId type = 0;
};

class Btf {
 public:
  // Maps the file (or reads it where it can't be mapped, before 6.16) and scans it.
  static Result<std::unique_ptr<Btf>> Open(const std::string& path);
  // Takes bytes in memory: tests and the fuzzer. Corrupt bytes give an Error.
  static Result<std::unique_ptr<Btf>> Parse(std::vector<uint8_t> bytes);
  ~Btf();

  uint32_t type_count() const;  // ids are 1 … type_count()
  BtfKind Kind(TypeId id) const;
  std::string_view Name(TypeId id) const;  // empty when anonymous
  // Through typedef, const, volatile, restrict and type tags.
  TypeId Strip(TypeId id) const;
  TypeId Target(TypeId id) const;  // what a ptr, typedef, modifier, func or array is of
  uint32_t Size(TypeId id) const;  // bytes, through modifiers; a pointer is 8
  bool IsSigned(TypeId id) const;  // int or enum, through modifiers
  bool IsPointer(TypeId id) const;
  bool IsStruct(TypeId id) const;     // struct or union, through modifiers
  bool IsCharArray(TypeId id) const;  // char[n], through modifiers
  uint32_t ArrayLength(TypeId id) const;
  bool IsForwardUnion(TypeId id) const;  // `union x;` rather than `struct x;`
  // C-like name: "struct task_struct*", for messages and -L.
  std::string Describe(TypeId id) const;

  std::optional<TypeId> Find(std::string_view name, BtfKind kind) const;
  // struct or union by name, "struct " or "union " before it allowed; a typedef
  // of one too.
  std::optional<TypeId> FindStruct(std::string_view name) const;
  std::optional<BtfMember> FindMember(TypeId struct_id, std::string_view name) const;
  std::vector<BtfMember> Members(TypeId struct_id) const;  // anonymous ones flattened
  std::vector<BtfParam> Params(TypeId func_or_proto) const;
  TypeId ReturnType(TypeId func_or_proto) const;
  // Of one enum, or of any (which walks all types: about a millisecond).
  std::optional<int64_t> Enumerator(TypeId enum_id, std::string_view name) const;
  std::optional<int64_t> FindEnumerator(std::string_view name) const;
  // Calls for each type of that kind whose name begins with `prefix`.
  void ForEach(BtfKind kind, std::string_view prefix,
               const std::function<void(TypeId, std::string_view)>& visit) const;

 private:
  Btf();
  BtfMember MakeMember(std::string_view name, TypeId type, uint64_t bits, uint32_t width) const;
  struct MemberWalk;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace podtap::kernel
