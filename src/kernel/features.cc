#include "kernel/features.h"

namespace podtap::kernel {
namespace {

// What in BTF shows an ability: a function, a struct's member or an enumerator
// of a named enum.
struct Sign {
  bool Features::*feature;
  BtfKind kind;  // of `type`
  const char* type;
  const char* inside;  // member or enumerator; null for a function
};

constexpr Sign kSigns[] = {
    {&Features::ring_buffer, BtfKind::kEnum, "bpf_map_type", "BPF_MAP_TYPE_RINGBUF"},
    // 011832b97b31 (6.9) brought the instruction and this member together.
    {&Features::may_goto, BtfKind::kStruct, "bpf_verifier_state", "may_goto_depth"},
    // The instructions of cpu v4 left no name behind. Multi-uprobe links entered
    // the same release (6.6) after them, in a uapi enum that is always there.
    {&Features::signed_division, BtfKind::kEnum, "bpf_attach_type", "BPF_TRACE_UPROBE_MULTI"},
    {&Features::task_from_pid, BtfKind::kFunc, "bpf_task_from_pid", nullptr},
    {&Features::rdonly_cast, BtfKind::kFunc, "bpf_rdonly_cast", nullptr},
    {&Features::boot_clock, BtfKind::kEnum, "bpf_func_id", "BPF_FUNC_ktime_get_boot_ns"},
    {&Features::snprintf, BtfKind::kEnum, "bpf_func_id", "BPF_FUNC_snprintf"},
    {&Features::current_task_btf, BtfKind::kEnum, "bpf_func_id", "BPF_FUNC_get_current_task_btf"},
    // fc9702273e2e (5.5) brought BPF_F_MMAPABLE, in an anonymous enum, and this.
    {&Features::mmapable_arrays, BtfKind::kStruct, "bpf_map_ops", "map_mmap"},
    // 5ffa25502b5a and 5ca419f2864a (5.12) left no name behind; the helper check_mtu
    // followed them in the same release.
    {&Features::atomic_fetch, BtfKind::kEnum, "bpf_func_id", "BPF_FUNC_check_mtu"},
    {&Features::for_each_element, BtfKind::kEnum, "bpf_func_id", "BPF_FUNC_for_each_map_elem"},
    // 1b4d60ec162f (5.10)
    {&Features::run_programs, BtfKind::kFunc, "bpf_prog_test_run_raw_tp", nullptr},
};

bool Shows(const Btf& btf, const Sign& sign) {
  const auto type = btf.Find(sign.type, sign.kind);
  if (!type) return false;
  if (sign.inside == nullptr) return true;
  return sign.kind == BtfKind::kStruct ? btf.FindMember(*type, sign.inside).has_value()
                                       : btf.Enumerator(*type, sign.inside).has_value();
}

}  // namespace

Features DetectFeatures(const Btf& btf) {
  Features features;
  for (const Sign& sign : kSigns) features.*sign.feature = Shows(btf, sign);
  return features;
}

}  // namespace podtap::kernel
