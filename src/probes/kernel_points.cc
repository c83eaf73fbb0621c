// kernel.trace("…") runs; kernel.function and the rest are named when refused.
#include <algorithm>

#include "probes/point.h"
#include "probes/providers.h"
#include "probes/tracepoint.h"

namespace podtap::probes {
namespace {

constexpr const char* kNotYet[] = {"function", "statement", "data", "mark"};

class KernelProvider : public Provider {
 public:
  const char* root() const override { return "kernel"; }

  Matches Resolve(const lang::ProbePoint& point, kernel::Kernel& kernel,
                  source::Diagnostics& diagnostics) const override {
    Complaints complaints(point, diagnostics);
    std::vector<std::string> names = {"trace"};
    names.insert(names.end(), std::begin(kNotYet), std::end(kNotYet));
    if (point.components[0].arg != lang::Component::Arg::kNone) {
      complaints.Error(0, "'kernel' takes no argument");
      return std::vector<Match>();
    }
    if (point.components.size() < 2) {
      complaints.Truncated(0, names);
      return std::vector<Match>();
    }
    const lang::Component& component = point.components[1];
    if (std::ranges::find(kNotYet, std::string_view(component.name)) != std::end(kNotYet))
      return Unsupported(point, 1, "kernel." + component.name, diagnostics,
                         "tracepoints run: podtap run -l 'kernel.trace(\"*\")'");
    if (component.name != "trace") {
      complaints.Mismatch(1, std::move(names));
      return std::vector<Match>();
    }
    if (component.arg != lang::Component::Arg::kString) {
      complaints.Error(1, "'trace' needs the name of a tracepoint: trace(\"signal:*\")");
      return std::vector<Match>();
    }
    if (!EndsAt(point, 1, complaints)) return std::vector<Match>();
    return ResolveTracepoints(point, 1, kernel, diagnostics);
  }
};

}  // namespace

void AddKernelProvider(std::vector<std::unique_ptr<Provider>>& table) {
  table.push_back(std::make_unique<KernelProvider>());
}

}  // namespace podtap::probes
