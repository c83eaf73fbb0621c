// Opens BTF and makes its tables in one pass over the types.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "kernel/btf_state.h"

namespace podtap::kernel {
namespace {

namespace format = btf_format;

// Larger than any kernel's (5.5 MB here); keeps a wrong file from eating memory.
constexpr size_t kMaxBytes = 256u << 20;

Error Corrupt(const std::string& on, std::string reason) {
  return Error{.kind = ErrorKind::kInput,
               .tried = "read the kernel's types in",
               .on = on,
               .reason = std::move(reason),
               .error_number = 0,
               .remedy = "",
               .detail = ""};
}

template <typename... Kind>
constexpr uint32_t MaskOf(Kind... kinds) {
  return (0u | ... | (1u << static_cast<uint32_t>(kinds)));
}

// Kinds that are looked up by name.
constexpr uint32_t kNamedKinds =
    MaskOf(BtfKind::kInt, BtfKind::kStruct, BtfKind::kUnion, BtfKind::kEnum, BtfKind::kFwd,
           BtfKind::kTypedef, BtfKind::kFunc, BtfKind::kVar, BtfKind::kDataSec, BtfKind::kFloat,
           BtfKind::kEnum64);

// Kinds of which nothing follows the header (kExtra has zeros).
constexpr uint32_t kBareKinds =
    MaskOf(BtfKind::kPtr, BtfKind::kFwd, BtfKind::kTypedef, BtfKind::kVolatile, BtfKind::kConst,
           BtfKind::kRestrict, BtfKind::kFunc, BtfKind::kFloat, BtfKind::kTypeTag);

Result<std::vector<uint8_t>> ReadAll(int fd, const std::string& path, size_t expected) {
  std::vector<uint8_t> bytes(expected > 0 && expected <= kMaxBytes ? expected : 1u << 16);
  size_t used = 0;
  for (;;) {
    if (used == bytes.size()) {
      if (used >= kMaxBytes) return std::unexpected(Corrupt(path, "the file is too large"));
      bytes.resize(used * 2);
    }
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(SystemError("read", path, errno));
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace

Btf::Btf() : state_(std::make_unique<State>()) {}
Btf::~Btf() = default;

Btf::State::~State() {
  if (mapping != nullptr) ::munmap(mapping, mapping_size);
}

Result<void> Btf::State::Scan(const uint8_t* bytes, size_t size, const std::string& on) {
  format::Header header;
  if (size == 0) {
    return std::unexpected(Error{.kind = ErrorKind::kUnsupported,
                                 .tried = "read the kernel's types in",
                                 .on = on,
                                 .reason = "it holds no BTF",
                                 .error_number = 0,
                                 .remedy = "podtap needs a kernel built with CONFIG_DEBUG_INFO_BTF",
                                 .detail = ""});
  }
  if (size < sizeof(header)) return std::unexpected(Corrupt(on, "the file is too short"));
  std::memcpy(&header, bytes, sizeof(header));
  if (header.magic != format::kMagic || header.version != format::kVersion)
    return std::unexpected(Corrupt(on, "it isn't BTF of version 1 in this machine's byte order"));
  const uint64_t types_begin = uint64_t{header.header_size} + header.types_offset;
  const uint64_t strings_begin = uint64_t{header.header_size} + header.strings_offset;
  if (header.header_size < sizeof(header) || types_begin + header.types_size > size ||
      strings_begin + header.strings_size > size)
    return std::unexpected(Corrupt(on, "its sections lie outside the file"));
  types = bytes + types_begin;
  types_size = header.types_size;
  strings = reinterpret_cast<const char*>(bytes) + strings_begin;
  strings_size = header.strings_size;
  if (strings_size == 0 || strings[strings_size - 1] != '\0')
    return std::unexpected(Corrupt(on, "its strings have no end"));

  return ScanTypes(on);
}

// Each type's place depends on the length of the one before it, so this loop's
// time is the latency of that chain: the kinds without elements, two thirds of
// all, take a branch with a constant length, which the processor can foresee.
Result<void> Btf::State::ScanTypes(const std::string& on) {
  constexpr uint32_t kTypeSize = sizeof(format::TypeHeader);
  // A type takes 25 bytes on average in real kernels, and every second one is a
  // function. What is reserved too much is never touched.
  offsets.reserve(types_size / 20 + 1);
  named[static_cast<int>(BtfKind::kFunc)].reserve(types_size / 40);
  named[static_cast<int>(BtfKind::kStruct)].reserve(types_size / 200);
  offsets.push_back(0);
  uint32_t at = 0;
  while (at < types_size) {
    if (types_size - at < kTypeSize) return std::unexpected(Corrupt(on, "a type is cut off"));
    format::TypeHeader type;
    std::memcpy(&type, types + at, kTypeSize);
    const uint32_t kind = format::KindOf(type.info);
    const auto id = static_cast<TypeId>(offsets.size());
    offsets.push_back(at);
    if (((kBareKinds >> kind) & 1) != 0) {
      at += kTypeSize;
    } else {
      if (kind == 0 || kind >= format::kKinds)
        return std::unexpected(Corrupt(
            on, "it has a kind of type that podtap doesn't know (" + std::to_string(kind) + ")"));
      const format::Extra extra = format::kExtra[kind];
      const uint32_t length =
          kTypeSize + extra.fixed + extra.per_element * format::VlenOf(type.info);
      if (types_size - at < length) return std::unexpected(Corrupt(on, "a type is cut off"));
      at += length;
    }
    if (((kNamedKinds >> kind) & 1) != 0 && type.name != 0) named[kind].push_back(id);
  }
  return {};
}

Result<std::unique_ptr<Btf>> Btf::Open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    Error error = SystemError("open the kernel's types in", path, errno);
    if (error.error_number == ENOENT) {
      error.kind = ErrorKind::kUnsupported;
      error.remedy = "podtap needs a kernel built with CONFIG_DEBUG_INFO_BTF";
    }
    return std::unexpected(std::move(error));
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(SystemError("stat", path, errno));
  const auto size = static_cast<size_t>(status.st_size);

  std::unique_ptr<Btf> btf(new Btf());
  State& state = *btf->state_;
  const uint8_t* bytes = nullptr;
  size_t byte_count = size;
  void* mapping = size > 0 && size <= kMaxBytes
                      ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0)
                      : MAP_FAILED;
  if (mapping != MAP_FAILED) {
    state.mapping = mapping;
    state.mapping_size = size;
    bytes = static_cast<const uint8_t*>(mapping);
  } else {
    auto read = ReadAll(fd.get(), path, size);
    if (!read) return std::unexpected(std::move(read.error()));
    state.owned = std::move(*read);
    bytes = state.owned.data();
    byte_count = state.owned.size();
  }
  if (auto scanned = state.Scan(bytes, byte_count, path); !scanned)
    return std::unexpected(std::move(scanned.error()));
  return btf;
}

Result<std::unique_ptr<Btf>> Btf::Parse(std::vector<uint8_t> bytes) {
  std::unique_ptr<Btf> btf(new Btf());
  State& state = *btf->state_;
  state.owned = std::move(bytes);
  if (auto scanned = state.Scan(state.owned.data(), state.owned.size(), "memory"); !scanned)
    return std::unexpected(std::move(scanned.error()));
  return btf;
}

}  // namespace podtap::kernel
