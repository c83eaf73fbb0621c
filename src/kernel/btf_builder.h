// Makes small BTF for tests: what FakeKernel serves.
//
//   BtfBuilder b;
//   TypeId integer = b.Int("int", 4, true);
//   b.Struct("point", 8, {{"x", integer, 0}, {"y", integer, 32}});
//   auto btf = Btf::Parse(b.Bytes());
//
// Ids are given in order, so a pointer to what comes next is Ptr(next_id() + 1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernel/btf.h"

namespace podtap::kernel {

class BtfBuilder {
 public:
  struct Member {
    std::string name;  // empty: an anonymous struct or union
    TypeId type = 0;
    uint32_t bits = 0;   // offset in bits
    uint32_t width = 0;  // of a bit field
  };
  struct Param {
    std::string name;
    TypeId type = 0;
  };
  struct Enumerator {
    std::string name;
    int64_t value = 0;
  };

  TypeId next_id() const { return next_id_; }

  // `bits` narrower than the bytes: a bit field as BTF had it before kind_flag.
  TypeId Int(std::string_view name, uint32_t bytes, bool is_signed, uint32_t bits = 0);
  TypeId Ptr(TypeId target);
  TypeId Const(TypeId target);
  TypeId Volatile(TypeId target);
  TypeId TypeTag(std::string_view tag, TypeId target);
  TypeId Typedef(std::string_view name, TypeId target);
  TypeId Array(TypeId element, uint32_t length);
  TypeId Struct(std::string_view name, uint32_t bytes, const std::vector<Member>& members);
  TypeId Union(std::string_view name, uint32_t bytes, const std::vector<Member>& members);
  TypeId Fwd(std::string_view name, bool is_union = false);
  TypeId Enum(std::string_view name, const std::vector<Enumerator>& values);
  TypeId Enum64(std::string_view name, const std::vector<Enumerator>& values);
  TypeId FuncProto(TypeId result, const std::vector<Param>& params);
  TypeId Func(std::string_view name, TypeId proto);

  // What the kernel has for TRACE_EVENT(name, params): the typedef
  // btf_trace_NAME, whose parameters are anonymous, and the function
  // __probestub_NAME, which names them. Returns the typedef.
  TypeId Tracepoint(const std::string& name, const std::vector<Param>& params);

  std::vector<uint8_t> Bytes() const;

 private:
  TypeId Add(BtfKind kind, std::string_view name, uint32_t vlen, bool flag, uint32_t size_or_type,
             const std::vector<uint32_t>& rest);
  TypeId Composite(BtfKind kind, std::string_view name, uint32_t bytes,
                   const std::vector<Member>& members);
  uint32_t String(std::string_view text);

  std::vector<uint32_t> types_;
  std::string strings_ = std::string(1, '\0');
  std::unordered_map<std::string, uint32_t> string_offsets_;
  TypeId next_id_ = 1;
  TypeId void_pointer_ = 0;
};

}  // namespace podtap::kernel
