#include "attach/bpf_store.h"

#include <bpf/bpf.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

namespace podtap::attach {
namespace {

class BpfStore : public ir::Store {
 public:
  BpfStore(const ir::Module& module, const ir::Layout& layout, const Maps& maps)
      : module_(module), layout_(layout), maps_(maps) {}

  uint8_t* Scalar(uint32_t global) override {
    if (global >= layout_.scalar_offset.size()) return nullptr;
    const uint32_t offset = layout_.scalar_offset[global];
    return offset == ir::kNone ? nullptr : maps_.control_bytes() + offset;
  }

  bool Get(uint32_t global, Bytes key, std::span<uint8_t> value) override {
    std::vector<uint8_t> whole(ir::ValueSize(module_.globals[global]));
    if (bpf_map_lookup_elem(maps_.global_fd(global), key.data(), whole.data()) != 0) return false;
    std::memcpy(value.data(), whole.data(), std::min(value.size(), whole.size()));
    return true;
  }

  bool Set(uint32_t global, Bytes key, Bytes value) override { return Write(global, key, value); }

  bool Add(uint32_t global, Bytes key, int64_t delta, int64_t& before) override {
    // There is no system call that adds. Kernel programs add in place, so the
    // window between the two calls below may lose one of theirs; the language
    // gives user-side probes no lock either.
    std::vector<uint8_t> value(ir::ValueSize(module_.globals[global]));
    before = 0;
    if (Get(global, key, value)) std::memcpy(&before, value.data(), sizeof(before));
    const int64_t after =
        static_cast<int64_t>(static_cast<uint64_t>(before) + static_cast<uint64_t>(delta));
    std::memcpy(value.data(), &after, sizeof(after));
    return Write(global, key, value);
  }

  void Delete(uint32_t global, Bytes key) override {
    bpf_map_delete_elem(maps_.global_fd(global), key.data());
  }

  void Clear(uint32_t global) override {
    if (!module_.globals[global].is_array()) return;
    std::vector<uint8_t> key(ir::KeySize(module_.globals[global]));
    // Kernel programs may insert meanwhile: the bound keeps it finite.
    for (uint64_t left = 2 * uint64_t{module_.globals[global].max_entries} + 16; left > 0; left--) {
      if (bpf_map_get_next_key(maps_.global_fd(global), nullptr, key.data()) != 0) return;
      bpf_map_delete_elem(maps_.global_fd(global), key.data());
    }
  }

  void ForEach(uint32_t global, const std::function<void(Bytes, Bytes)>& visit) override {
    const ir::Global& array = module_.globals[global];
    std::vector<uint8_t> key(ir::KeySize(array)), next(key.size()), value(ir::ValueSize(array));
    const void* from = nullptr;
    for (uint64_t left = 2 * uint64_t{array.max_entries} + 16; left > 0; left--) {
      if (bpf_map_get_next_key(maps_.global_fd(global), from, next.data()) != 0) return;
      key = next;
      from = key.data();
      if (bpf_map_lookup_elem(maps_.global_fd(global), key.data(), value.data()) != 0) continue;
      visit(key, value);
    }
  }

 private:
  // An element that is there keeps its order of insertion; a new one gets the
  // next.
  bool Write(uint32_t global, Bytes key, Bytes value) {
    const ir::Global& array = module_.globals[global];
    std::vector<uint8_t> old(ir::ValueSize(array)), whole(old.size());
    std::memcpy(whole.data(), value.data(), std::min(value.size(), whole.size()));
    uint64_t sequence = 0;
    const uint32_t at = ir::SequenceOffset(array);
    if (bpf_map_lookup_elem(maps_.global_fd(global), key.data(), old.data()) == 0) {
      std::memcpy(&sequence, old.data() + at, sizeof(sequence));
    } else {
      sequence = std::atomic_ref<uint64_t>(maps_.control()->insert_sequence).fetch_add(1);
    }
    std::memcpy(whole.data() + at, &sequence, sizeof(sequence));
    return bpf_map_update_elem(maps_.global_fd(global), key.data(), whole.data(), BPF_ANY) == 0;
  }

  const ir::Module& module_;
  const ir::Layout& layout_;
  const Maps& maps_;
};

}  // namespace

std::unique_ptr<ir::Store> MakeBpfStore(const ir::Module& module, const ir::Layout& layout,
                                        const Maps& maps) {
  return std::make_unique<BpfStore>(module, layout, maps);
}

}  // namespace podtap::attach
