#include "cli/stored_deaths.h"

#include <algorithm>

namespace podtap::cli {
namespace {

using container::Target;

// So many are looked through for the newest of each identity.
constexpr int64_t kMostRows = 20000;
// What is shorter is too likely a name alone.
constexpr size_t kShortestId = 4;

bool MayBeId(std::string_view text) {
  return text.size() >= kShortestId &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<store::Query> QueriesOf(const Target& target) {
  store::Query query;
  switch (target.kind) {
    case Target::Kind::kPod:
      query.ns = target.ns;
      query.pod = target.name;
      return {query};
    case Target::Kind::kContainer:
      query.ns = target.ns;
      query.pod = target.name;
      query.name = target.container;
      return {query};
    case Target::Kind::kId:
      query.container_id = target.name;
      query.sandboxes = true;
      return {query};
    case Target::Kind::kWord: {
      std::vector<store::Query> queries(2);
      queries[0].pod = target.name;
      queries[1].name = target.name;
      if (MayBeId(target.name)) {
        query.container_id = target.name;
        query.sandboxes = true;
        queries.push_back(query);
      }
      return queries;
    }
    case Target::Kind::kAll:
      return {query};
    case Target::Kind::kPid:
    case Target::Kind::kCgroup:
    case Target::Kind::kUnit:
      query.name = target.written;
      return {query};
  }
  return {};
}

Result<std::vector<StoredDeaths>> Find(store::Archive& archive, std::vector<store::Query> queries,
                                       const Which& which) {
  std::map<std::string, std::map<int64_t, store::DeathRow, std::greater<>>> found;
  for (store::Query& query : queries) {
    query.since_unix_ns = which.since_unix_ns;
    query.until_unix_ns = which.until_unix_ns;
    query.newest_first = true;
    if (query.limit < 0) query.limit = kMostRows;
    auto rows = archive.Deaths(query);
    if (!rows) return std::unexpected(std::move(rows.error()));
    for (store::DeathRow& row : *rows) {
      const std::string identity = store::TargetOf(row);
      found[identity].try_emplace(row.id, std::move(row));
    }
  }
  std::vector<StoredDeaths> all;
  for (auto& [identity, rows] : found) {
    StoredDeaths deaths{.identity = identity, .rows = {}};
    for (auto& [id, row] : rows) deaths.rows.push_back(std::move(row));
    std::ranges::stable_sort(deaths.rows, std::greater<>{}, &store::DeathRow::unix_ns);
    if (std::ssize(deaths.rows) > which.most) {
      deaths.rows.resize(static_cast<size_t>(which.most));
    }
    all.push_back(std::move(deaths));
  }
  return all;
}

}  // namespace

Result<std::vector<StoredDeaths>> FindStored(store::Archive& archive, const Target& target,
                                             const Which& which) {
  return Find(archive, QueriesOf(target), which);
}

Result<std::vector<StoredDeaths>> FindStored(store::Archive& archive,
                                             const container::Container& container,
                                             const Which& which) {
  std::vector<store::Query> queries(1);
  queries[0].container_id = container.id.value;
  queries[0].sandboxes = true;
  queries[0].limit = std::min(which.most, kMostRows);  // it is one identity
  // The CRI gives every restart an id of its own.
  if (!container.pod.name.empty() && !container.is_sandbox) {
    store::Query query;
    query.ns = container.pod.ns;
    query.pod = container.pod.name;
    query.name = container.name;
    query.limit = queries[0].limit;
    queries.push_back(query);
  }
  return Find(archive, std::move(queries), which);
}

}  // namespace podtap::cli
