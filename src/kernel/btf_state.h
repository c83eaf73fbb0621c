// The scanned bytes behind a Btf, shared by its .cc files. Everything that reads
// the bytes is here, and every read is checked against the section's end.
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include "kernel/btf.h"
#include "kernel/btf_format.h"

namespace podtap::kernel {

// Typedefs, modifiers and arrays are followed this far; the kernel's own BTF
// needs about 8. A corrupt one may go in circles.
inline constexpr int kMaxChain = 64;
// Anonymous structs inside structs.
inline constexpr int kMaxNesting = 32;

struct Btf::State {
  ~State();

  // The bytes: a mapping of the file or a vector of our own.
  void* mapping = nullptr;
  size_t mapping_size = 0;
  std::vector<uint8_t> owned;

  const uint8_t* types = nullptr;
  uint32_t types_size = 0;
  const char* strings = nullptr;  // ends with a NUL
  uint32_t strings_size = 0;

  std::vector<uint32_t> offsets;  // of type id, in `types`; [0] unused
  // The named types of each kind, in order: what lookups by name walk.
  std::array<std::vector<TypeId>, btf_format::kKinds> named;

  // Points everything into the bytes and builds the tables.
  Result<void> Scan(const uint8_t* bytes, size_t size, const std::string& on);
  Result<void> ScanTypes(const std::string& on);

  btf_format::TypeHeader Header(TypeId id) const {  // of void for a bad id
    if (id == 0 || id >= offsets.size()) return {0, 0, 0};
    btf_format::TypeHeader header;
    std::memcpy(&header, types + offsets[id], sizeof(header));
    return header;
  }
  // Element `index` of what follows the header; the caller keeps index < vlen,
  // which Scan has checked to lie in the section.
  template <typename T>
  T Element(TypeId id, uint32_t index) const {
    T element;
    std::memcpy(&element,
                types + offsets[id] + sizeof(btf_format::TypeHeader) + sizeof(T) * size_t{index},
                sizeof(element));
    return element;
  }
  uint32_t NameOffset(TypeId id) const {  // of an id that is in a table
    uint32_t name = 0;
    std::memcpy(&name, types + offsets[id], sizeof(name));
    return name;
  }
  std::string_view String(uint32_t offset) const {
    return offset < strings_size ? std::string_view(strings + offset) : std::string_view();
  }
};

}  // namespace podtap::kernel
