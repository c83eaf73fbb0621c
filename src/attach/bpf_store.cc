#include "attach/bpf_store.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <set>
#include <utility>
#include <vector>

#include "ir/statistics.h"

namespace podtap::attach {
namespace {

// Elements asked for by one system call; more when a bucket of the kernel's
// hash table holds more.
constexpr uint32_t kBatch = 512;
// Two reads of a string that differ are followed by another, this often at most.
constexpr int kMaxReads = 100;

class BpfStore : public ir::Store {
 public:
  BpfStore(const ir::Module& module, const ir::Layout& layout, const Maps& maps,
           StoreOptions options)
      : module_(module), layout_(layout), maps_(maps), options_(std::move(options)) {
    for (uint32_t i = 0; i < module.programs.size(); i++) {
      if (const auto* call = std::get_if<ir::AttachCall>(&module.programs[i].attach)) {
        calls_.push_back({.what = *call, .program = i});
      }
    }
  }

  int64_t* Long(uint32_t global) override { return reinterpret_cast<int64_t*>(ScalarAt(global)); }

  void Text(uint32_t global, std::string& out) override {
    out.clear();
    const std::span<const uint8_t> slot = Slot(global, 0);
    if (slot.empty()) return;
    const auto* text = reinterpret_cast<const char*>(slot.data());
    out.assign(text, strnlen(text, slot.size()));
  }

  // Only user space writes these: kernel programs read the slot that holds.
  void SetText(uint32_t global, std::string_view text) override {
    const std::span<uint8_t> slot = Slot(global, 1);
    if (slot.empty()) return;
    const size_t size = std::min({text.size(), text.find('\0'), slot.size() - 1});
    std::memcpy(slot.data(), text.data(), size);
    std::memset(slot.data() + size, 0, slot.size() - size);
    ChangeOver(global);
  }

  bool Get(uint32_t global, Bytes key, std::span<uint8_t> value) override {
    if (key.empty()) {
      const std::span<const uint8_t> slot = Slot(global, 0);
      std::memcpy(value.data(), slot.data(), std::min(value.size(), slot.size()));
      return !slot.empty();
    }
    std::vector<uint8_t> whole(ir::ValueSize(module_.globals[global]));
    if (!LookUp(global, key, whole)) return false;
    std::memcpy(value.data(), whole.data(), std::min(value.size(), whole.size()));
    return true;
  }

  bool Set(uint32_t global, Bytes key, Bytes value) override { return Write(global, key, value); }

  bool Add(uint32_t global, Bytes key, int64_t delta, int64_t& before) override {
    bool full = false;
    if (Call(ir::Op::kMapAdd, global, key, delta, before, full)) return !full;
    // An old kernel: the window between the two calls may lose an add of a kernel
    // program's. lower/ has warned of it.
    std::vector<uint8_t> value(ir::ValueSize(module_.globals[global]));
    before = 0;
    if (Get(global, key, value)) std::memcpy(&before, value.data(), sizeof(before));
    const auto after = static_cast<uint64_t>(before) + static_cast<uint64_t>(delta);
    std::memcpy(value.data(), &after, sizeof(after));
    return Write(global, key, value);
  }

  bool Push(uint32_t global, Bytes key, int64_t number) override {
    const ir::Global& statistics = module_.globals[global];
    if (key.empty()) {
      ir::PushStat(statistics, number, Slot(global, 0));
      return true;
    }
    int64_t unused = 0;
    bool full = false;
    if (Call(ir::Op::kStatPush, global, key, number, unused, full)) return !full;
    std::vector<uint8_t> value(ir::ValueSize(statistics));
    Get(global, key, value);
    ir::PushStat(statistics, number, std::span(value).first(ir::SequenceOffset(statistics)));
    return Write(global, key, value);
  }

  void Delete(uint32_t global, Bytes key) override {
    bpf_map_delete_elem(maps_.global_fd(global), key.data());
  }

  void Clear(uint32_t global) override {
    const ir::Global& what = module_.globals[global];
    if (what.is_array()) return ClearArray(global);
    if (what.value == ir::ValueType::kString) return SetText(global, "");
    if (what.value == ir::ValueType::kLong) {
      if (int64_t* scalar = Long(global)) std::atomic_ref<int64_t>(*scalar).store(0);
      return;
    }
    const std::span<uint8_t> slot = Slot(global, 1);
    std::ranges::fill(slot, uint8_t{0});
    ChangeOver(global);
  }

  // Bucket after bucket, each copied by the kernel under its lock: an element is
  // given once, and a string as a whole, whatever kernel programs do meanwhile.
  void ForEach(uint32_t global, const std::function<void(Bytes, Bytes)>& visit) override {
    const ir::Global& array = module_.globals[global];
    const size_t key_size = ir::KeySize(array), value_size = ir::ValueSize(array);
    uint32_t room = std::min(kBatch, array.max_entries);
    std::vector<uint8_t> keys, values;
    uint32_t batch = 0;
    bool first = true;
    while (true) {
      keys.resize(room * key_size);
      values.resize(room * value_size);
      uint32_t count = room, next = 0;
      LIBBPF_OPTS(bpf_map_batch_opts, opts);
      const int failed = bpf_map_lookup_batch(maps_.global_fd(global), first ? nullptr : &batch,
                                              &next, keys.data(), values.data(), &count, &opts);
      const int error = failed != 0 ? errno : 0;
      if (error == ENOSPC && room < array.max_entries) {  // a long bucket
        room = std::min(room * 2, array.max_entries);
        continue;
      }
      if (error != 0 && error != ENOENT) {
        if (first) WalkKeys(global, visit);
        return;
      }
      for (uint32_t i = 0; i < count; i++) {
        visit(Bytes(keys).subspan(i * key_size, key_size),
              Bytes(values).subspan(i * value_size, value_size));
      }
      if (error == ENOENT) return;  // that was the last
      batch = next;
      first = false;
    }
  }

 private:
  struct StoreCall {
    ir::AttachCall what;
    uint32_t program = 0;
  };

  uint8_t* ScalarAt(uint32_t global) const {
    if (global >= layout_.scalar_offset.size()) return nullptr;
    const uint32_t offset = layout_.scalar_offset[global];
    return offset == ir::kNone ? nullptr : maps_.control_bytes() + offset;
  }

  std::atomic_ref<uint64_t> Turn(uint32_t global) const {
    return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(ScalarAt(global)));
  }

  // Of a scalar that stands twice: the one that holds (0), or the other (1).
  std::span<uint8_t> Slot(uint32_t global, uint64_t which) const {
    uint8_t* at = ScalarAt(global);
    if (at == nullptr) return {};
    const uint32_t size = ir::ScalarSlotSize(module_.globals[global]);
    const uint64_t turn = Turn(global).load(std::memory_order_acquire);
    return {at + ir::kTurnSize + ((turn + which) & 1) * size, size};
  }

  void ChangeOver(uint32_t global) const {
    if (ScalarAt(global) == nullptr) return;
    const std::atomic_ref<uint64_t> turn = Turn(global);
    turn.store(turn.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  // The kernel copies an element without a lock, and may give its memory to
  // another while it does: a string is believed when two copies are the same.
  bool LookUp(uint32_t global, Bytes key, std::vector<uint8_t>& value) const {
    const int fd = maps_.global_fd(global);
    if (bpf_map_lookup_elem(fd, key.data(), value.data()) != 0) return false;
    if (module_.globals[global].value != ir::ValueType::kString) return true;
    std::vector<uint8_t> again(value.size());
    for (int reads = 0; reads < kMaxReads; reads++) {
      if (bpf_map_lookup_elem(fd, key.data(), again.data()) != 0) return false;
      if (again == value) return true;
      value.swap(again);
    }
    return false;
  }

  void ClearArray(uint32_t global) const {
    std::vector<uint8_t> key(ir::KeySize(module_.globals[global]));
    // Kernel programs may insert meanwhile: the bound keeps it finite.
    for (uint64_t left = 2 * uint64_t{module_.globals[global].max_entries} + 16; left > 0; left--) {
      if (bpf_map_get_next_key(maps_.global_fd(global), nullptr, key.data()) != 0) return;
      bpf_map_delete_elem(maps_.global_fd(global), key.data());
    }
  }

  // One system call an element, where the kernel gives no batch. A key that is deleted
  // meanwhile makes the walk begin anew, so those that were given are remembered.
  void WalkKeys(uint32_t global, const std::function<void(Bytes, Bytes)>& visit) const {
    const ir::Global& array = module_.globals[global];
    std::vector<uint8_t> key(ir::KeySize(array)), next(key.size()), value(ir::ValueSize(array));
    std::set<std::vector<uint8_t>> seen;
    const void* from = nullptr;
    for (uint64_t left = 4 * uint64_t{array.max_entries} + 16; left > 0; left--) {
      if (bpf_map_get_next_key(maps_.global_fd(global), from, next.data()) != 0) return;
      key = next;
      from = key.data();
      if (seen.insert(key).second && LookUp(global, key, value)) visit(key, value);
    }
  }

  uint64_t NextNumber() const {
    if (options_.counted) {
      return std::atomic_ref<uint64_t>(maps_.control()->insert_sequence).fetch_add(1);
    }
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  // An element that is there keeps its order of insertion; a new one gets the
  // next.
  bool Write(uint32_t global, Bytes key, Bytes value) const {
    const ir::Global& array = module_.globals[global];
    std::vector<uint8_t> old(ir::ValueSize(array)), whole(old.size());
    std::memcpy(whole.data(), value.data(), std::min(value.size(), whole.size()));
    const uint32_t at = ir::SequenceOffset(array);
    uint64_t sequence = 0;
    if (bpf_map_lookup_elem(maps_.global_fd(global), key.data(), old.data()) == 0) {
      std::memcpy(&sequence, old.data() + at, sizeof(sequence));
    } else {
      sequence = NextNumber();
    }
    std::memcpy(whole.data() + at, &sequence, sizeof(sequence));
    if (array.value == ir::ValueType::kString) {
      const uint64_t stamp = NextNumber();
      std::memcpy(whole.data() + ir::StampOffset(array), &stamp, sizeof(stamp));
    }
    return bpf_map_update_elem(maps_.global_fd(global), key.data(), whole.data(), BPF_ANY) == 0;
  }

  // Runs the program that does `op` on an element; false when there is none.
  bool Call(ir::Op op, uint32_t global, Bytes key, int64_t number, int64_t& before, bool& full) {
    const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const StoreCall& call) {
      return call.what.op == op && call.what.global == global;
    });
    if (found == calls_.end()) return false;
    const std::vector<ir::Global::Key>& keys = module_.globals[global].keys;
    size_t offset = 0;
    for (uint32_t i = 0; i < keys.size(); i++) {
      const uint32_t parameter = found->what.first_key + i;
      if (keys[i].type == ir::Type::kStr) {
        const auto* text = reinterpret_cast<const char*>(key.data() + offset);
        SetText(parameter, {text, strnlen(text, keys[i].cap)});
        offset += keys[i].cap;
      } else {
        std::memcpy(Long(parameter), key.data() + offset, sizeof(int64_t));
        offset += sizeof(int64_t);
      }
    }
    *Long(found->what.number()) = number;
    if (!options_.run || !options_.run(found->program)) {
      calls_.erase(found);  // it won't work the next time either
      return false;
    }
    before = *Long(found->what.before());
    full = *Long(found->what.full()) != 0;
    return true;
  }

  const ir::Module& module_;
  const ir::Layout& layout_;
  const Maps& maps_;
  const StoreOptions options_;
  std::vector<StoreCall> calls_;
};

}  // namespace

std::unique_ptr<ir::Store> MakeBpfStore(const ir::Module& module, const ir::Layout& layout,
                                        const Maps& maps, StoreOptions options) {
  return std::make_unique<BpfStore>(module, layout, maps, std::move(options));
}

}  // namespace podtap::attach
