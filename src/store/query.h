// A Query → the WHERE clause of a SELECT, with its values.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "store/rows.h"
#include "store/sqlite.h"

namespace podtap::store {

class Filter {
 public:
  // `time`: the column that since and until mean.
  Filter(const Query& query, std::string_view time) : query_(query) {
    if (query.since_unix_ns) And(std::string(time) + " >= ?", *query.since_unix_ns);
    if (query.until_unix_ns) And(std::string(time) + " < ?", *query.until_unix_ns);
    if (query.after_id > 0) And("id > ?", query.after_id);
  }

  // The columns that deaths and lives have.
  Filter& OfContainers();
  // `containers`: deaths of these; else the rows have no is_sandbox.
  Filter& OfCauses(bool containers = true);

  // " WHERE … ORDER BY `order` … LIMIT …"
  std::string Clause(std::string_view order) const;
  void BindTo(Statement& statement) const;

 private:
  using Value = std::variant<int64_t, std::string>;
  void And(const std::string& condition, Value value) {
    where_ += (where_.empty() ? " WHERE " : " AND ") + condition;
    values_.push_back(std::move(value));
  }

  const Query& query_;
  std::string where_;
  std::vector<Value> values_;
};

}  // namespace podtap::store
