// Metrics → Prometheus' text format, version 0.0.4.
//
// What enters: counters and gauges, from any thread. What leaves: Text(). A family holds
// no more than kMostSets sets of labels: what comes beyond is added to one whose labels are
// "other", so that names of pods can't fill anybody's memory.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace podtap::serve {

class Metrics {
 public:
  static constexpr size_t kMostSets = 500;
  enum class Kind : uint8_t { kCounter, kGauge };

  // Before its first value. A family without labels shows 0 until then.
  void Describe(const std::string& name, Kind kind, const std::string& help,
                std::vector<std::string> labels = {});
  // One value a label, in their order; what isn't UTF-8 or is a control character is shown
  // as "?".
  void Add(const std::string& name, const std::vector<std::string>& values, double amount = 1);
  void Set(const std::string& name, const std::vector<std::string>& values, double value);

  std::string Text() const;

 private:
  struct Family {
    Kind kind = Kind::kCounter;
    std::string help;
    std::vector<std::string> labels;
    std::map<std::vector<std::string>, double> values;
  };
  double& Value(Family& family, const std::vector<std::string>& foreign);

  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
  uint64_t folded_ = 0;
};

}  // namespace podtap::serve
