// libFuzzer over Btf::Parse: any bytes give an Error or types that can be asked
// everything without reading outside, recursing or looping for ever.
//
// Input: the bytes of a BTF file.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/btf.h"
#include "kernel/features.h"
#include "kernel/tracefs.h"

using podtap::kernel::Btf;
using podtap::kernel::TypeId;

namespace {

// Keeps one input short in time: the bytes may hold a thousand types that each
// describe the same long struct.
constexpr TypeId kMostTypes = 200;

void AskEverything(const Btf& btf, TypeId id) {
  (void)btf.Name(id);
  (void)btf.Size(id);
  (void)btf.IsSigned(id);
  (void)btf.IsCharArray(id);
  (void)btf.IsForwardUnion(id);
  (void)btf.Describe(id);
  (void)btf.Params(id);
  (void)btf.ReturnType(id);
  (void)btf.FindMember(id, "tgid");
  (void)btf.Enumerator(id, "BPF_MAP_TYPE_RINGBUF");
  for (const auto& member : btf.Members(id)) {
    // A bit field begins in the unit that it was given.
    if (member.bit_size != 0 && member.bit_offset >= 1u << 16) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto btf = Btf::Parse(std::vector<uint8_t>(data, data + size));
  if (!btf) return 0;
  const TypeId end = (*btf)->type_count() + 1;
  for (TypeId id = 0; id <= end && id < kMostTypes; ++id) AskEverything(**btf, id);
  AskEverything(**btf, UINT32_MAX);
  (void)(*btf)->FindStruct("struct task_struct");
  (void)(*btf)->FindStruct("task_struct");
  (void)(*btf)->FindEnumerator("kA");
  (void)podtap::kernel::DetectFeatures(**btf);
  (void)podtap::kernel::MergeBtfTracepoints({}, **btf);
  return 0;
}
