// Any bytes as what others wrote down: a kubelet's log, the kernel's, journalctl's lines,
// the kubelet's /pods.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "testimony/assemble.h"
#include "testimony/kernel_log.h"
#include "testimony/kubelet_log.h"
#include "testimony/kubelet_pods.h"
#include "testimony/oom_report.h"

namespace {

void Require(bool truth) {
  if (!truth) std::abort();
}

constexpr int64_t kNow = 1'795'649'857'000'000'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace podtap::testimony;
  const std::string text(reinterpret_cast<const char*>(data), size);
  podtap::container::Container app;
  app.id.value = "369169a54ac06949f7db1f42987fc525db928d8b7c6ef070d39bc972cb22d693";
  app.name = "app";
  app.pod = {.name = "web-0", .ns = "default", .uid = "", .sandbox = ""};

  const KubeletLog log = ReadKubeletLines(text, kNow, 3600);
  for (const KubeletWord& word : log.words) {
    Require(!word.reason.empty() && word.message.size() <= 1024);
    Require(!IsAbout(word, {}));
  }
  for (const TimedWord& word : WordsAbout(log.words, app, "x")) {
    Require(word.said.reason != "ranked");
  }
  for (const TimedWord& word : WordsInPods(text, app)) Require(!word.said.reason.empty());

  Answers answers;
  answers.kubelet_file = log;
  Journal journal;
  KernelLog kernel;
  OomReader reader;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    if (auto entry = ParseJournalLine(line)) journal.entries.push_back(std::move(*entry));
    if (auto record = ParseKmsg(line)) kernel.lines.push_back(std::move(*record));
    if (const auto kill = reader.Add(line)) Require(kill->victim.pid.value > 0);
    Require(PidInTaskExit(line, app.id.value) >= 0);
    kernel.lines.push_back({.monotonic_ns = kNow, .text = line});
    from = end + 1;
  }
  answers.journal = std::move(journal);
  answers.kernel_log = std::move(kernel);
  const LastEnd ended{.container = app, .unix_ns = kNow};
  const Moment now{.unix_ns = kNow, .boot_ns = kNow, .monotonic_ns = kNow};
  const podtap::store::Death death = Assemble(ended, answers, now);
  Require(!death.watched && !death.exit_status);
  return 0;
}
