#include "serve/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"

namespace podtap::serve {
namespace {

// https://prometheus.io/docs/instrumenting/exposition_formats/. A quote needs a backslash
// in a label's value only.
std::string Escaped(std::string_view value, bool quotes) {
  std::string text;
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) text += '\\';
    text += c;
  }
  return text;
}

std::string Quoted(const std::string& value) { return "\"" + Escaped(value, true) + "\""; }

// Names of strangers: a byte that isn't UTF-8 would make Prometheus refuse the whole page,
// and a control character is nobody's name. Done before a set of labels is looked for, so
// that two don't look alike on the page.
std::string Clean(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const size_t length = std::max<size_t>(Utf8Length(value), 1);
    const auto first = static_cast<unsigned char>(value.front());
    const bool control = (first < 0x20 && first != '\n') || first == 0x7f;
    if (control || Utf8Length(value) == 0) {
      text += '?';
    } else {
      text += value.substr(0, length);
    }
    value.remove_prefix(length);
  }
  return text;
}

void PutHead(std::string& text, const std::string& name, const char* type,
             const std::string& help) {
  text += "# HELP " + name + " " + Escaped(help, false) + "\n# TYPE " + name + " " + type + "\n";
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

double& Metrics::Value(Family& family, const std::vector<std::string>& foreign) {
  std::vector<std::string> values;
  for (const std::string& value : foreign) values.push_back(Clean(value));
  values.resize(family.labels.size());
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
      for (size_t i = 0; i < family.labels.size(); i++) {
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
