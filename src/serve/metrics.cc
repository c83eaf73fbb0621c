#include "serve/metrics.h"

#include <fmt/format.h>

namespace podtap::serve {
namespace {

// https://prometheus.io/docs/instrumenting/exposition_formats/: of a label's value.
std::string Quoted(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      text += '?';
    } else {
      text += c;
    }
  }
  return text + "\"";
}

void PutHead(std::string& text, const std::string& name, const char* type,
             const std::string& help) {
  text += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

}  // namespace

void Metrics::Describe(const std::string& name, Kind kind, const std::string& help,
                       std::vector<std::string> labels) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[name];
  family.kind = kind;
  family.help = help;
  family.labels = std::move(labels);
  if (family.labels.empty()) family.values[{}] = 0;
}

double& Metrics::Value(Family& family, const std::vector<std::string>& values) {
  const auto found = family.values.find(values);
  if (found != family.values.end()) return found->second;
  if (family.values.size() < kMostSets) return family.values[values];
  folded_++;
  return family.values[std::vector<std::string>(family.labels.size(), "other")];
}

void Metrics::Add(const std::string& name, const std::vector<std::string>& values, double amount) {
  const std::lock_guard lock(mutex_);
  Value(families_[name], values) += amount;
}

void Metrics::Set(const std::string& name, const std::vector<std::string>& values, double value) {
  const std::lock_guard lock(mutex_);
  Value(families_[name], values) = value;
}

std::string Metrics::Text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    PutHead(text, name, family.kind == Kind::kCounter ? "counter" : "gauge", family.help);
    for (const auto& [values, value] : family.values) {
      text += name;
      for (size_t i = 0; i < family.labels.size() && i < values.size(); i++) {
        text += (i == 0 ? "{" : ",") + family.labels[i] + "=" + Quoted(values[i]);
      }
      if (!family.labels.empty()) text += "}";
      text += fmt::format(" {}\n", value);
    }
  }
  PutHead(text, "podtap_metrics_folded_total", "counter",
          "Values added to \"other\" because a metric has too many sets of labels.");
  text += fmt::format("podtap_metrics_folded_total {}\n", folded_);
  return text;
}

}  // namespace podtap::serve
