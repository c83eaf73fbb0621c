// Roots that SystemTap has and podtap doesn't run yet. They are providers all the
// same, so that a script hears what is missing rather than of a mistake.
#include "probes/point.h"
#include "probes/providers.h"

namespace podtap::probes {
namespace {

struct Root {
  const char* name;
  bool with_second;  // the second component belongs to the construct's name
  const char* advice;
};
constexpr Root kRoots[] = {
    {"module", true, ""},
    {"kprobe", true, ""},
    {"perf", true, "timer.profile samples by time"},
    {"procfs", false, ""},
    {"netfilter", true, ""},
    {"java", false, ""},
    {"python2", true, ""},
    {"python3", true, ""},
    {"input", true, ""},
    {"syscall", false, "use syscall_any or kernel.trace(\"raw_syscalls:sys_enter\")"},
    {"nd_syscall", false, "use syscall_any or kernel.trace(\"raw_syscalls:sys_enter\")"},
};

class UnsupportedProvider : public Provider {
 public:
  explicit UnsupportedProvider(const Root& root) : root_(root) {}
  const char* root() const override { return root_.name; }

  Matches Resolve(const lang::ProbePoint& point, kernel::Kernel&,
                  source::Diagnostics& diagnostics) const override {
    std::string construct = root_.name;
    if (root_.with_second && point.components.size() > 1)
      construct += "." + point.components[1].name;
    return Unsupported(point, 0, construct, diagnostics, root_.advice);
  }

 private:
  const Root& root_;
};

}  // namespace

void ReportUnsupported(const lang::ProbePoint& point, size_t component,
                       const std::string& construct, Complaints& complaints,
                       const std::string& advice) {
  std::string message = "podtap can't run " + construct + " probes yet";
  if (!advice.empty()) message += "; " + advice;
  if (MayBeAbsent(point)) {
    // Whoever wrote `?` can do without; hearing of it still helps.
    complaints.Warning(component, message + " (optional probe left out)");
  } else {
    complaints.Error(component, std::move(message));
  }
}

Matches Unsupported(const lang::ProbePoint& point, size_t component, const std::string& construct,
                    source::Diagnostics& diagnostics, const std::string& advice) {
  Complaints complaints(point, diagnostics);
  ReportUnsupported(point, component, construct, complaints, advice);
  return std::vector<Match>();
}

void AddUnsupportedProviders(std::vector<std::unique_ptr<Provider>>& table) {
  for (const Root& root : kRoots) table.push_back(std::make_unique<UnsupportedProvider>(root));
}

}  // namespace podtap::probes
