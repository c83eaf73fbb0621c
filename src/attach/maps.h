// The maps of a session: control, rodata, ring, one scratch a program, one hash
// an array. Makes them, maps what user space shares, fills what starts filled.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "attach/syscalls.h"
#include "base/fd.h"
#include "base/result.h"
#include "ir/ir.h"
#include "ir/layout.h"

namespace podtap::attach {

// Memory from mmap, given back when it goes.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void* at, size_t size) : at_(at), size_(size) {}
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();
  uint8_t* data() const { return static_cast<uint8_t*>(at_); }

 private:
  void* at_ = nullptr;
  size_t size_ = 0;
};

// Maps `size` bytes of a map at `offset`; `what` is for the message.
Result<Mapping> MapMemory(int fd, const char* what, size_t size, bool writable, size_t offset);

class Maps {
 public:
  // `ring_bytes` 0: no ring.
  static Result<Maps> Make(const ir::Module& module, const ir::Layout& layout, uint64_t ring_bytes,
                           bool all_globals);
  Result<Fd> MakeScratch(uint32_t size) const;
  Result<Fd> MakeSnapshot(uint32_t size, uint32_t cpus) const;  // one value a CPU

  ir::Control* control() const;
  uint8_t* control_bytes() const { return control_page_.data(); }
  ir::RingView ring() const { return ring_view_; }
  int control_fd() const { return control_.get(); }
  int rodata_fd() const { return rodata_.get(); }
  int ring_fd() const { return ring_.get(); }
  // -1 for a scalar, and for an array that user space keeps for itself.
  int global_fd(uint32_t global) const { return globals_[global].get(); }

 private:
  Result<void> MakeControl(const ir::Module& module, const ir::Layout& layout);
  Result<void> MakeRodata(const ir::Layout& layout);
  Result<void> MakeRing(uint64_t bytes);
  Result<void> MakeGlobals(const ir::Module& module, bool all_globals);

  Fd control_, rodata_, ring_;
  Mapping control_page_, consumer_page_, ring_pages_;
  ir::RingView ring_view_;
  std::vector<Fd> globals_;
};

}  // namespace podtap::attach
