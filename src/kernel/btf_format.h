// The bytes of BTF (Documentation/bpf/btf.rst, include/uapi/linux/btf.h), shared
// by the reader and by the builder of test data.
#pragma once

#include <array>
#include <cstdint>

namespace podtap::kernel::btf_format {

inline constexpr uint16_t kMagic = 0xeb9f;
inline constexpr uint8_t kVersion = 1;

struct Header {
  uint16_t magic;
  uint8_t version;
  uint8_t flags;
  uint32_t header_size;
  uint32_t types_offset;  // from the end of the header, as is strings_offset
  uint32_t types_size;
  uint32_t strings_offset;
  uint32_t strings_size;
};
static_assert(sizeof(Header) == 24);

// What every type begins with. info: bits 0-15 vlen, 24-28 kind, 31 kind_flag.
struct TypeHeader {
  uint32_t name;  // offset in the strings
  uint32_t info;
  uint32_t size_or_type;
};
static_assert(sizeof(TypeHeader) == 12);

constexpr uint32_t KindOf(uint32_t info) { return (info >> 24) & 0x1f; }
constexpr uint32_t VlenOf(uint32_t info) { return info & 0xffff; }
constexpr bool KindFlagOf(uint32_t info) { return (info >> 31) != 0; }

struct Array {
  uint32_t type;
  uint32_t index_type;
  uint32_t length;
};
struct Member {
  uint32_t name;
  uint32_t type;
  uint32_t offset;
};
struct Enum {
  uint32_t name;
  uint32_t value;
};
struct Enum64 {
  uint32_t name;
  uint32_t low;
  uint32_t high;
};
struct Param {
  uint32_t name;
  uint32_t type;
};

// Of the word that follows an int: bits 0-7 its width in bits, 16-23 the offset
// of its lowest bit, 24-27 how it is meant.
inline constexpr uint32_t kIntSigned = 1;
constexpr uint32_t IntEncoding(uint32_t word) { return (word >> 24) & 0xf; }
constexpr uint32_t IntOffset(uint32_t word) { return (word >> 16) & 0xff; }
constexpr uint32_t IntBits(uint32_t word) { return word & 0xff; }

// How many bytes follow the header: a fixed part and one part an element.
struct Extra {
  uint8_t fixed;
  uint8_t per_element;
};
inline constexpr uint32_t kKinds = 20;
inline constexpr std::array<Extra, kKinds> kExtra = {{
    {0, 0},   // void
    {4, 0},   // int
    {0, 0},   // ptr
    {12, 0},  // array
    {0, 12},  // struct
    {0, 12},  // union
    {0, 8},   // enum
    {0, 0},   // fwd
    {0, 0},   // typedef
    {0, 0},   // volatile
    {0, 0},   // const
    {0, 0},   // restrict
    {0, 0},   // func
    {0, 8},   // func proto
    {4, 0},   // var
    {0, 12},  // datasec
    {0, 0},   // float
    {4, 0},   // decl tag
    {0, 0},   // type tag
    {0, 12},  // enum64
}};

}  // namespace podtap::kernel::btf_format
