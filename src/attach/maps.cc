#include "attach/maps.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace podtap::attach {
namespace {

size_t PageSize() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
size_t PageUp(size_t bytes) { return (bytes + PageSize() - 1) & ~(PageSize() - 1); }

int64_t Nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

}  // namespace

Mapping::Mapping(Mapping&& other) noexcept
    : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(at_, other.at_);
  std::swap(size_, other.size_);
  return *this;
}

Result<Mapping> MapMemory(int fd, const char* what, size_t size, bool writable, size_t offset) {
  const size_t bytes = PageUp(size);
  void* at = mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd,
                  static_cast<off_t>(offset));
  if (at == MAP_FAILED) {
    return std::unexpected(
        SystemError("map the BPF map", what, errno, errno == EPERM ? PrivilegeRemedy() : ""));
  }
  return Mapping(at, bytes);
}

Mapping::~Mapping() {
  if (at_ != nullptr) munmap(at_, size_);
}

Result<Maps> Maps::Make(const ir::Module& module, const ir::Layout& layout, uint64_t ring_bytes,
                        bool all_globals) {
  Maps maps;
  if (auto made = maps.MakeControl(module, layout); !made) return std::unexpected(made.error());
  if (auto made = maps.MakeRodata(layout); !made) return std::unexpected(made.error());
  if (ring_bytes > 0) {
    if (auto made = maps.MakeRing(ring_bytes); !made) return std::unexpected(made.error());
  }
  if (auto made = maps.MakeGlobals(module, all_globals); !made) {
    return std::unexpected(made.error());
  }
  return maps;
}

ir::Control* Maps::control() const {
  // The mapped page begins with the control block that the programs share.
  return reinterpret_cast<ir::Control*>(control_page_.data());
}

Result<void> Maps::MakeControl(const ir::Module& module, const ir::Layout& layout) {
  const uint32_t size = std::max(layout.control_map_size, ir::kControlSize);
  Result<Fd> fd = MakeMap({.type = BPF_MAP_TYPE_ARRAY,
                           .name = "podtap_control",
                           .key_size = 4,
                           .value_size = size,
                           .max_entries = 1,
                           .flags = BPF_F_MMAPABLE});
  if (!fd) return std::unexpected(fd.error());
  control_ = std::move(*fd);
  Result<Mapping> page = MapMemory(control_.get(), "control", size, true, 0);
  if (!page) return std::unexpected(page.error());
  control_page_ = std::move(*page);
  control()->real_offset_ns = Nanoseconds(CLOCK_REALTIME) - Nanoseconds(CLOCK_MONOTONIC);
  control()->target_pid = module.target_pid;
  control()->insert_sequence = 1;  // 0 is an element that has none yet
  for (size_t i = 0; i < module.globals.size() && i < layout.scalar_offset.size(); i++) {
    const ir::Global& global = module.globals[i];
    const uint32_t offset = layout.scalar_offset[i];
    if (offset == ir::kNone) continue;
    uint8_t* at = control_page_.data() + offset;
    if (global.value == ir::ValueType::kLong) {
      std::memcpy(at, &global.init_long, sizeof(global.init_long));
    } else if (global.value == ir::ValueType::kString && global.value_cap > 0) {
      // The page is all zeros, so the text has its end.
      global.init_string.copy(reinterpret_cast<char*>(at + ir::kTurnSize), global.value_cap - 1);
    }
  }
  return {};
}

Result<void> Maps::MakeRodata(const ir::Layout& layout) {
  if (layout.rodata.empty()) return {};
  const uint32_t key = 0;
  Result<Fd> fd = MakeMap({.type = BPF_MAP_TYPE_ARRAY,
                           .name = "podtap_rodata",
                           .key_size = 4,
                           .value_size = static_cast<uint32_t>(layout.rodata.size()),
                           .max_entries = 1,
                           .flags = BPF_F_RDONLY_PROG});
  if (!fd) return std::unexpected(fd.error());
  if (bpf_map_update_elem(fd->get(), &key, layout.rodata.data(), BPF_ANY) != 0 ||
      bpf_map_freeze(fd->get()) != 0) {
    return std::unexpected(SystemError("fill the BPF map", "rodata", errno));
  }
  rodata_ = std::move(*fd);
  return {};
}

// The data area is mapped once: a record that wraps around is put together by
// the reader, which saves half the address space of libbpf's way.
Result<void> Maps::MakeRing(uint64_t bytes) {
  const uint64_t size = std::bit_ceil(std::max<uint64_t>(bytes, PageSize()));
  if (size > (uint64_t{1} << 30)) {
    return std::unexpected(Error{ErrorKind::kUsage, "make the ring buffer", "",
                                 "more than 1 GiB was asked for", 0, "", ""});
  }
  Result<Fd> fd = MakeMap({.type = BPF_MAP_TYPE_RINGBUF,
                           .name = "podtap_ring",
                           .key_size = 0,
                           .value_size = 0,
                           .max_entries = static_cast<uint32_t>(size),
                           .flags = 0});
  if (!fd) return std::unexpected(fd.error());
  ring_ = std::move(*fd);
  Result<Mapping> consumer = MapMemory(ring_.get(), "ring", PageSize(), true, 0);
  if (!consumer) return std::unexpected(consumer.error());
  consumer_page_ = std::move(*consumer);
  Result<Mapping> pages = MapMemory(ring_.get(), "ring", PageSize() + size, false, PageSize());
  if (!pages) return std::unexpected(pages.error());
  ring_pages_ = std::move(*pages);
  ring_view_.consumer = reinterpret_cast<volatile uint64_t*>(consumer_page_.data());
  ring_view_.producer = reinterpret_cast<const volatile uint64_t*>(ring_pages_.data());
  ring_view_.data = ring_pages_.data() + PageSize();
  ring_view_.size = size;
  ring_view_.fd = ring_.get();
  return {};
}

Result<void> Maps::MakeGlobals(const ir::Module& module, bool all_globals) {
  globals_.resize(module.globals.size());
  for (size_t i = 0; i < module.globals.size(); i++) {
    const ir::Global& global = module.globals[i];
    if (!global.is_array() || !(global.in_kernel || all_globals)) continue;
    const uint32_t type = global.wrap ? BPF_MAP_TYPE_LRU_HASH : BPF_MAP_TYPE_HASH;
    Result<Fd> fd = MakeMap({.type = type,
                             .name = "podtap_array",
                             .key_size = ir::KeySize(global),
                             .value_size = ir::ValueSize(global),
                             .max_entries = global.max_entries,
                             .flags = 0});
    if (!fd) return std::unexpected(fd.error());
    globals_[i] = std::move(*fd);
  }
  return {};
}

Result<Fd> Maps::MakeSnapshot(uint32_t size, uint32_t cpus) const {
  return MakeMap({.type = BPF_MAP_TYPE_ARRAY,
                  .name = "podtap_foreach",
                  .key_size = 4,
                  .value_size = size,
                  .max_entries = cpus,
                  .flags = 0});
}

Result<Fd> Maps::MakeScratch(uint32_t size) const {
  return MakeMap({.type = BPF_MAP_TYPE_PERCPU_ARRAY,
                  .name = "podtap_scratch",
                  .key_size = 4,
                  .value_size = size,
                  .max_entries = 1,
                  .flags = 0});
}

}  // namespace podtap::attach
