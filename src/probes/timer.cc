// timer.ms(300), timer.s(1).randomize(…) and siblings, which podtap fires in user
// space; timer.profile, which fires in the kernel on every CPU.
#include <limits>

#include "probes/point.h"
#include "probes/providers.h"

namespace podtap::probes {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// What perf takes by default (kernel.perf_event_max_sample_rate).
constexpr int64_t kMostProfileHz = 100'000;

struct Unit {
  const char* name;
  int64_t ns;
};
constexpr Unit kUnits[] = {
    {"s", kSecond},  {"sec", kSecond}, {"ms", 1'000'000}, {"msec", 1'000'000}, {"us", 1'000},
    {"usec", 1'000}, {"ns", 1},        {"nsec", 1},       {"jiffies", 0},  // depends on the kernel
    {"hz", -1},  // not a length but a frequency
};

const Unit* FindUnit(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (name == unit.name) return &unit;
  return nullptr;
}

class TimerProvider : public Provider {
 public:
  const char* root() const override { return "timer"; }

  Matches Resolve(const lang::ProbePoint& point, kernel::Kernel& kernel,
                  source::Diagnostics& diagnostics) const override {
    Complaints complaints(point, diagnostics);
    std::vector<std::string> names;
    for (const Unit& unit : kUnits) names.emplace_back(unit.name);
    names.emplace_back("profile");
    if (point.components.size() < 2) {
      complaints.Truncated(0, names);
      return std::vector<Match>();
    }
    const std::string& name = point.components[1].name;
    if (name == "profile") return Profile(point, kernel, complaints);
    const Unit* unit = FindUnit(name);
    if (unit == nullptr) {
      complaints.Mismatch(1, std::move(names));
      return std::vector<Match>();
    }
    const auto spec =
        unit->ns < 0 ? Frequency(point, complaints)
                     : Interval(point, unit->ns > 0 ? unit->ns : kSecond / kernel.hz(), complaints);
    return spec ? One(point, *spec) : std::vector<Match>();
  }

 private:
  static std::vector<Match> One(const lang::ProbePoint& point, const ir::AttachSpec& spec) {
    std::vector<Match> matches(1);
    matches[0].name = PointText(point);
    matches[0].attach = spec;
    return matches;
  }

  // The number of a component, from `least` to `most`.
  static std::optional<int64_t> Number(const lang::ProbePoint& point, size_t at, int64_t least,
                                       int64_t most, Complaints& complaints) {
    const lang::Component& component = point.components[at];
    if (component.arg != lang::Component::Arg::kNumber) {
      complaints.Error(at, "'" + component.name + "' needs a number in parentheses");
      return std::nullopt;
    }
    if (component.number >= least && component.number <= most) return component.number;
    complaints.Error(at, "invalid value for timer: " + std::to_string(component.number));
    return std::nullopt;
  }

  static std::optional<ir::AttachTimer> Frequency(const lang::ProbePoint& point,
                                                  Complaints& complaints) {
    const auto hz = Number(point, 1, 1, kSecond, complaints);
    if (!hz || !EndsAt(point, 1, complaints)) return std::nullopt;
    return ir::AttachTimer{.interval_ns = kSecond / *hz, .randomize_ns = 0};
  }

  static std::optional<ir::AttachTimer> Interval(const lang::ProbePoint& point, int64_t unit_ns,
                                                 Complaints& complaints) {
    // Half the range, so that interval + randomize never overflows.
    const int64_t most = std::numeric_limits<int64_t>::max() / 2 / unit_ns;
    const auto count = Number(point, 1, 1, most, complaints);
    if (!count) return std::nullopt;
    ir::AttachTimer timer{.interval_ns = *count * unit_ns, .randomize_ns = 0};
    if (point.components.size() == 2) return timer;
    if (point.components[2].name != "randomize") {
      complaints.Mismatch(2, {"randomize"});
      return std::nullopt;
    }
    const auto spread = Number(point, 2, 0, *count, complaints);
    if (!spread || !EndsAt(point, 2, complaints)) return std::nullopt;
    timer.randomize_ns = *spread * unit_ns;
    return timer;
  }

  // timer.profile and timer.profile.tick: at each tick of the kernel's clock.
  static std::vector<Match> Profile(const lang::ProbePoint& point, kernel::Kernel& kernel,
                                    Complaints& complaints) {
    const size_t count = point.components.size();
    if (point.components[1].arg != lang::Component::Arg::kNone) {
      complaints.Error(1, "'profile' takes no argument");
      return {};
    }
    if (count == 2 || Follows(point, {"profile", "tick"}))
      return One(point, ir::AttachProfile{.frequency_hz = kernel.hz()});
    if (point.components[2].name != "freq") {
      complaints.Mismatch(2, {"tick", "freq"});
      return {};
    }
    if (count == 3) {
      complaints.Truncated(2, {"hz"});
      return {};
    }
    if (point.components[3].name != "hz") {
      complaints.Mismatch(3, {"hz"});
      return {};
    }
    const auto hz = Number(point, 3, 1, kMostProfileHz, complaints);
    if (!hz || !EndsAt(point, 3, complaints)) return {};
    return One(point, ir::AttachProfile{.frequency_hz = *hz});
  }
};

}  // namespace

void AddTimerProvider(std::vector<std::unique_ptr<Provider>>& table) {
  table.push_back(std::make_unique<TimerProvider>());
}

}  // namespace podtap::probes
