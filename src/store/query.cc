#include "store/query.h"

namespace podtap::store {
namespace {

// What LIKE takes for something else is escaped: names are foreign.
std::string Beginning(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

Filter& Filter::OfContainers() {
  if (!query_.ns.empty()) And("namespace = ?", query_.ns);
  if (!query_.pod.empty()) And("pod = ?", query_.pod);
  if (!query_.name.empty()) And("name = ?", query_.name);
  if (!query_.container_id.empty()) {
    And("container_id LIKE ? ESCAPE '\\'", Beginning(query_.container_id));
  }
  return *this;
}

Filter& Filter::OfCauses(bool containers) {
  if (containers && !query_.sandboxes) And("is_sandbox = ?", int64_t{0});
  if (!query_.cause.empty()) {
    And("(cause || '.') LIKE ? ESCAPE '\\'", Beginning(query_.cause + "."));
  }
  return *this;
}

std::string Filter::Clause(std::string_view order) const {
  const std::string direction = query_.newest_first ? " DESC" : "";
  std::string clause = where_ + " ORDER BY " + std::string(order) + direction + ", id" + direction;
  if (query_.limit >= 0) clause += " LIMIT " + std::to_string(query_.limit);
  return clause;
}

void Filter::BindTo(Statement& statement) const {
  int index = 0;
  for (const Value& value : values_) {
    index++;
    std::visit([&](const auto& v) { statement.Bind(index, v); }, value);
  }
}

}  // namespace podtap::store
