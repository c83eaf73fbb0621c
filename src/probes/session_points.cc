// begin, end, error (each with an order number) and never: what podtap itself
// fires. Lower numbers run first; without a number it is 0.
#include "probes/point.h"
#include "probes/providers.h"

namespace podtap::probes {
namespace {

class SessionProvider : public Provider {
 public:
  using Make = ir::AttachSpec (*)(int64_t order);
  SessionProvider(const char* root, Make make) : root_(root), make_(make) {}

  const char* root() const override { return root_; }

  Matches Resolve(const lang::ProbePoint& point, kernel::Kernel&,
                  source::Diagnostics& diagnostics) const override {
    Complaints complaints(point, diagnostics);
    if (!EndsAt(point, 0, complaints)) return std::vector<Match>();
    const lang::Component& component = point.components[0];
    const bool is_never = std::string_view(root_) == "never";
    if (component.arg == lang::Component::Arg::kString ||
        (is_never && component.arg != lang::Component::Arg::kNone)) {
      complaints.Error(0, std::string("'") + root_ + "' takes " +
                              (is_never ? "no argument" : "a number, not a string"));
      return std::vector<Match>();
    }
    std::vector<Match> matches(1);
    matches[0].name = PointText(point);
    matches[0].attach = make_(component.number);
    return matches;
  }

 private:
  const char* root_;
  Make make_;
};

}  // namespace

void AddSessionProviders(std::vector<std::unique_ptr<Provider>>& table) {
  const auto add = [&](const char* root, SessionProvider::Make make) {
    table.push_back(std::make_unique<SessionProvider>(root, make));
  };
  add("begin", [](int64_t order) -> ir::AttachSpec { return ir::AttachBegin{order}; });
  add("end", [](int64_t order) -> ir::AttachSpec { return ir::AttachEnd{order}; });
  add("error", [](int64_t order) -> ir::AttachSpec { return ir::AttachError{order}; });
  add("never", [](int64_t) -> ir::AttachSpec { return ir::AttachNever{}; });
}

}  // namespace podtap::probes
