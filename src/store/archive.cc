#include <sys/stat.h>

#include "store/database.h"
#include "store/evidence_json.h"
#include "store/query.h"
#include "store/schema.h"

namespace podtap::store {
namespace {

constexpr std::string_view kReadDeaths = "read the deaths";

// Calls take(statement) for each row.
template <typename Row, typename Take>
Result<std::vector<Row>> Collect(Result<Statement> statement, const Filter* filter, Take take) {
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (filter != nullptr) filter->BindTo(*statement);
  std::vector<Row> rows;
  for (;;) {
    const auto row = statement->Step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return rows;
    rows.push_back(take(*statement));
  }
}

LifeRow TakeLife(const Statement& s) {
  LifeRow life{.container_id = s.Text(0),
               .started_unix_ns = s.Int(1),
               .runtime = s.Text(3),
               .ns = s.Text(4),
               .pod = s.Text(5),
               .name = s.Text(6),
               .image = s.Text(7),
               .cgroup_path = s.Text(8),
               .restarts = static_cast<uint32_t>(s.Int(10))};
  if (!s.IsNull(2)) life.ended_unix_ns = s.Int(2);
  if (!s.IsNull(9)) life.memory_limit = static_cast<uint64_t>(s.Int(9));
  return life;
}

constexpr std::string_view kLifeColumns =
    "SELECT container_id, started_unix_ns, ended_unix_ns, runtime, namespace, pod, name, image, "
    "cgroup_path, memory_limit, restarts FROM life";

DeathRow TakeDeath(const Statement& s) {
  DeathRow row{.id = s.Int(0),
               .unix_ns = s.Int(1),
               .container_id = s.Text(2),
               .runtime = s.Text(3),
               .ns = s.Text(4),
               .pod = s.Text(5),
               .name = s.Text(6),
               .cause = s.Text(7),
               .confidence = s.Text(8),
               .headline = s.Text(9),
               .culprit = s.Text(10),
               .is_sandbox = s.Int(12) != 0};
  if (!s.IsNull(11)) row.exit_status = static_cast<int32_t>(s.Int(11));
  return row;
}

// 0: there is none.
uint64_t InodeOf(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Archive::Archive(Connection connection)
    : connection_(std::move(connection)), inode_(InodeOf(connection_.path())) {}

bool Archive::Replaced() const { return InodeOf(connection_.path()) != inode_; }

Result<Archive> Archive::Open(const std::string& folder) {
  auto connection = Connection::Open(folder + "/" + kFileName, Connection::Access::kRead);
  if (!connection) return std::unexpected(std::move(connection.error()));
  if (auto right = CheckSchema(*connection); !right) return std::unexpected(right.error());
  return Archive(std::move(*connection));
}

Result<std::vector<DeathRow>> Archive::Deaths(const Query& query) {
  Filter filter(query, "unix_ns");
  filter.OfContainers().OfCauses();
  const std::string sql =
      "SELECT id, unix_ns, container_id, runtime, namespace, pod, name, cause, confidence, "
      "headline, culprit, exit_status, is_sandbox FROM death" +
      filter.Clause("unix_ns");
  return Collect<DeathRow>(connection_.Prepare(sql, kReadDeaths), &filter, TakeDeath);
}

Result<Death> Archive::ReadDeath(int64_t id) {
  auto statement = connection_.Prepare("SELECT evidence FROM death WHERE id = ?", "read a death");
  if (!statement) return std::unexpected(std::move(statement.error()));
  statement->Bind(1, id);
  const auto row = statement->Step();
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    return std::unexpected(Error{.kind = ErrorKind::kInput,
                                 .tried = "read death " + std::to_string(id),
                                 .on = connection_.path(),
                                 .reason = "there is none of that number",
                                 .remedy = "podtap events lists them"});
  }
  auto death = DeathFromJson(statement->Text(0));
  if (!death) death.error().on = connection_.path() + ", death " + std::to_string(id);
  return death;
}

Result<std::vector<IncidentRow>> Archive::Incidents(const Query& query) {
  Filter filter(query, "unix_ns");
  filter.OfCauses(/*containers=*/false);
  const std::string sql =
      "SELECT id, unix_ns, name, cause, culprit, headline FROM incident" + filter.Clause("unix_ns");
  return Collect<IncidentRow>(connection_.Prepare(sql, "read the incidents"), &filter,
                              [](const Statement& s) {
                                return IncidentRow{.id = s.Int(0),
                                                   .unix_ns = s.Int(1),
                                                   .name = s.Text(2),
                                                   .kind = s.Text(3),
                                                   .culprit = s.Text(4),
                                                   .text = s.Text(5)};
                              });
}

Result<std::optional<Death>> Archive::ReadIncident(const std::string& name) {
  auto statement = connection_.Prepare(
      "SELECT evidence FROM incident WHERE name = ? ORDER BY id DESC LIMIT 1", "read an incident");
  if (!statement) return std::unexpected(std::move(statement.error()));
  statement->Bind(1, name);
  const auto row = statement->Step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto death = DeathFromJson(statement->Text(0));
  if (!death) return std::unexpected(std::move(death.error()));
  return std::move(*death);
}

namespace {

BlindRow TakeBlind(const Statement& s) {
  return {.id = s.Int(0),
          .from_unix_ns = s.Int(1),
          .to_unix_ns = s.Int(2),
          .why = s.Text(3),
          .count = static_cast<uint64_t>(s.Int(4))};
}

constexpr std::string_view kBlindColumns =
    "SELECT id, from_unix_ns, to_unix_ns, why, count FROM blind";

}  // namespace

Result<std::vector<BlindRow>> Archive::BlindWindows(const Query& query) {
  const Filter filter(query, "to_unix_ns");
  const std::string sql = std::string(kBlindColumns) + filter.Clause("to_unix_ns");
  return Collect<BlindRow>(connection_.Prepare(sql, "read the blind windows"), &filter, TakeBlind);
}

Result<std::vector<LifeRow>> Archive::OpenLives() {
  const std::string sql = std::string(kLifeColumns) + " WHERE ended_unix_ns IS NULL ORDER BY id";
  return Collect<LifeRow>(connection_.Prepare(sql, "read the lives"), nullptr, TakeLife);
}

Result<std::vector<LifeRow>> Archive::Lives(const Query& query) {
  Filter filter(query, "started_unix_ns");
  filter.OfContainers();
  const std::string sql = std::string(kLifeColumns) + filter.Clause("started_unix_ns");
  return Collect<LifeRow>(connection_.Prepare(sql, "read the lives"), &filter, TakeLife);
}

Result<std::optional<Archive::Session>> Archive::LastSession() {
  auto rows = Collect<Session>(
      connection_.Prepare("SELECT pid, boot_id, started_unix_ns, alive_unix_ns, alive_boot_ns, "
                          "ended_unix_ns FROM session ORDER BY id DESC LIMIT 1",
                          "read the recorder's sessions"),
      nullptr, [](const Statement& s) {
        Session session{.pid = static_cast<int32_t>(s.Int(0)),
                        .boot_id = s.Text(1),
                        .started_unix_ns = s.Int(2),
                        .alive_unix_ns = s.Int(3),
                        .alive_boot_ns = s.Int(4)};
        if (!s.IsNull(5)) session.ended_unix_ns = s.Int(5);
        return session;
      });
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

Result<std::optional<int64_t>> Archive::RecordingSince() {
  const auto first = Number("SELECT coalesce(min(started_unix_ns), -1) FROM session");
  if (!first) return std::unexpected(first.error());
  return *first < 0 ? std::nullopt : std::optional(*first);
}

// The first column of the only row.
Result<int64_t> Archive::Number(std::string_view sql) {
  auto statement = connection_.Prepare(sql, "measure the store");
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (const auto row = statement->Step(); !row) return std::unexpected(row.error());
  return statement->Int(0);
}

Result<int64_t> Archive::Bytes() {
  return Number(
      "SELECT (SELECT page_count FROM pragma_page_count()) * "
      "(SELECT page_size FROM pragma_page_size())");
}

Result<int64_t> Archive::UsedBytes() {
  return Number(
      "SELECT ((SELECT page_count FROM pragma_page_count()) - (SELECT freelist_count FROM "
      "pragma_freelist_count())) * (SELECT page_size FROM pragma_page_size())");
}

Result<Counts> Archive::Count() {
  auto rows = Collect<Counts>(
      connection_.Prepare("SELECT (SELECT count(*) FROM death), (SELECT count(*) FROM life), "
                          "(SELECT count(*) FROM incident), (SELECT count(*) FROM blind)",
                          "count the store's rows"),
      nullptr, [](const Statement& s) {
        return Counts{
            .deaths = s.Int(0), .lives = s.Int(1), .incidents = s.Int(2), .blind = s.Int(3)};
      });
  if (!rows) return std::unexpected(std::move(rows.error()));
  const auto bytes = Bytes();
  if (!bytes) return std::unexpected(bytes.error());
  rows->front().bytes = *bytes;
  return rows->front();
}

}  // namespace podtap::store
