// Where the values of globals live, as the user-space executor sees them.
//
// Two homes: interp/local_store.h keeps what only user space touches;
// attach/bpf_store.h reads and writes the maps that kernel programs share.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "ir/ir.h"

namespace podtap::ir {

class Store {
 public:
  virtual ~Store() = default;
  using Bytes = std::span<const uint8_t>;

  // Scalars. The pointer is to 8 bytes (long), cap bytes (string) or a
  // StatValue with its buckets, and stays valid; kernel programs may change it.
  virtual uint8_t* Scalar(uint32_t global) = 0;

  // Arrays; keys and values as layout.h lays them out. Set returns false when
  // the array is full. The value's sequence is the store's to fill in.
  virtual bool Get(uint32_t global, Bytes key, std::span<uint8_t> value) = 0;
  virtual bool Set(uint32_t global, Bytes key, Bytes value) = 0;
  // Adds atomically to a long; `before` gets the old value.
  virtual bool Add(uint32_t global, Bytes key, int64_t delta, int64_t& before) = 0;
  virtual void Delete(uint32_t global, Bytes key) = 0;
  virtual void Clear(uint32_t global) = 0;
  // Every element, in no order; the callback must not change the array.
  virtual void ForEach(uint32_t global,
                       const std::function<void(Bytes key, Bytes value)>& visit) = 0;
};

}  // namespace podtap::ir
