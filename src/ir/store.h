// Where the values of globals live, as the user-space executor sees them.
//
// Two homes: interp/local_store.cc keeps what only user space touches;
// attach/bpf_store.h reads and writes the maps that kernel programs share.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ir/ir.h"

namespace podtap::ir {

class Store {
 public:
  virtual ~Store() = default;
  using Bytes = std::span<const uint8_t>;

  // Scalars. A long stays where it is, and kernel programs may change it (use
  // std::atomic_ref); null if the store hasn't got it. A string is read and written
  // as a whole.
  virtual int64_t* Long(uint32_t global) = 0;
  virtual void Text(uint32_t global, std::string& out) = 0;
  virtual void SetText(uint32_t global, std::string_view text) = 0;

  // Arrays; keys and values as layout.h lays them out. Set returns false when
  // the array is full. The value's sequence and stamp are the store's to fill in.
  // With an empty key Get, Push and Clear are about a scalar of statistics.
  virtual bool Get(uint32_t global, Bytes key, std::span<uint8_t> value) = 0;
  virtual bool Set(uint32_t global, Bytes key, Bytes value) = 0;
  // Adds atomically to a long; `before` gets the old value.
  virtual bool Add(uint32_t global, Bytes key, int64_t delta, int64_t& before) = 0;
  virtual bool Push(uint32_t global, Bytes key, int64_t number) = 0;  // <<<
  virtual void Delete(uint32_t global, Bytes key) = 0;
  virtual void Clear(uint32_t global) = 0;
  // Every element, in no order; the callback must not change the array.
  virtual void ForEach(uint32_t global,
                       const std::function<void(Bytes key, Bytes value)>& visit) = 0;
};

}  // namespace podtap::ir
