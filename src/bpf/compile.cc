// The passes from ir to eBPF: liveness, homes, instructions.
#include "bpf/compile.h"

#include <utility>

#include "bpf/emitter.h"
#include "bpf/flow.h"
#include "bpf/frame.h"
#include "bpf/refusal.h"

namespace podtap::bpf {

Result<Program> Compile(const ir::Module& module, const ir::Layout& layout, uint32_t program,
                        const Target& target) {
  if (program >= module.programs.size()) {
    return Internal("there is no such program");
  }
  const ir::Program& source = module.programs[program];
  const auto name_it = [&](Error error) {
    if (error.on.empty()) error.on = source.name;
    return std::unexpected(std::move(error));
  };
  Result<Flow> flow = Analyse(module, source);
  if (!flow) return name_it(std::move(flow.error()));
  Result<Frame> frame = MakeFrame(module, layout, source, *flow, target);
  if (!frame) return name_it(std::move(frame.error()));
  Emitter emitter(module, layout, program, target, std::move(*flow), std::move(*frame));
  Result<Program> result = emitter.Run();
  if (!result) return name_it(std::move(result.error()));
  return result;
}

}  // namespace podtap::bpf
