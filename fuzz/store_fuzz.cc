// Any bytes as the recorder's database, as a disk or an attacker may leave it: it is refused
// with a sentence or read, and what is read can be judged and shown.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "report/html.h"
#include "report/text.h"
#include "store/database.h"

namespace {

using namespace podtap;

// A folder of this process, on a file system in memory where there is one.
const std::string& Folder() {
  static const std::string folder = [] {
    std::string name = "/dev/shm/podtap-store-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    ::chmod(name.c_str(), 0700);
    return name;
  }();
  return folder;
}

void Write(const uint8_t* data, size_t size) {
  const std::string path = Folder() + "/" + store::kFileName;
  for (const char* more : {"-wal", "-shm"}) ::unlink((path + more).c_str());
  const Fd file(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  if (::write(file.get(), data, size) != static_cast<ssize_t>(size)) std::abort();
}

void Read(store::Archive& archive) {
  const store::Query query{.newest_first = true, .limit = 50};
  report::Review review;
  review.to_unix_ns = INT64_MAX;
  if (auto blind = archive.BlindWindows(query)) review.blind = std::move(*blind);
  static_cast<void>(archive.Incidents(query));
  static_cast<void>(archive.Lives(query));
  static_cast<void>(archive.LastSession());
  static_cast<void>(archive.RecordingSince());
  static_cast<void>(archive.Count());
  auto deaths = archive.Deaths(query);
  if (!deaths) {
    if (deaths.error().Message().empty()) std::abort();
    return;
  }
  for (store::DeathRow& row : *deaths) {
    report::Told told{.row = std::move(row), .killer = {}, .story = ""};
    if (const auto death = archive.ReadDeath(told.row.id)) {
      const verdict::Verdict verdict = verdict::Judge(*death);
      told.killer = report::KillerOf(*death, verdict);
      told.story = report::VerdictText(*death, verdict);
    }
    review.deaths.push_back(std::move(told));
  }
  if (report::HtmlPage(review).find("<script") != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Write(data, size);
  auto archive = store::Archive::Open(Folder());
  if (archive) {
    Read(*archive);
  } else if (archive.error().Message().empty()) {
    std::abort();
  }
  return 0;
}
