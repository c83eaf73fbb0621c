#include "cli/kubelet_desk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "recorder/proc_files.h"
#include "testimony/kubelet_log.h"
#include "testimony/kubelet_pods.h"

namespace podtap::cli {
namespace {

constexpr std::chrono::milliseconds kAgain{100};
constexpr std::chrono::milliseconds kJournalTime{1000};
constexpr std::chrono::milliseconds kPortTime{250};
constexpr std::chrono::seconds kLookForIt{30};

// Programs that are a kubelet, or have one in them.
constexpr std::array<std::string_view, 7> kPrograms = {
    "kubelet", "k3s", "k3s-server", "k3s-agent", "rke2", "kubelite", "k0s"};

bool IsReason(const testimony::TimedWord& word) {
  return word.said.reason != "killing" && word.said.reason != "probe";
}

}  // namespace

KubeletDesk::KubeletDesk(testimony::Places places, TaskQueue& answers)
    : places_(std::move(places)), answers_(answers) {}

void KubeletDesk::Look(container::Container container, int64_t from_unix_ns,
                       container::Deadline until, Answer answer) {
  bool idle = false;
  {
    const std::lock_guard lock(mutex_);
    idle = questions_.empty();
    questions_.push_back({std::move(container), from_unix_ns, until, std::move(answer)});
  }
  if (idle) clerk_.Post([this] { Round(); });
}

bool KubeletDesk::IsThere() {
  if (!places_.kubelet_log.empty()) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now < looked_for_it_) return is_there_;
  looked_for_it_ = now + kLookForIt;
  is_there_ = std::ranges::any_of(recorder::ProcFiles().All(), [](const auto& process) {
    return std::ranges::find(kPrograms, process.comm) != kPrograms.end();
  });
  return is_there_;
}

std::vector<testimony::KubeletWord> KubeletDesk::ReadLog(int64_t from_unix_ns,
                                                         container::Deadline deadline) {
  std::optional<std::string> file = places_.kubelet_log;
  if (file->empty()) file = testimony::FindKubeletFile(places_.root);
  const int64_t now = testimony::Now().unix_ns;
  if (file) {
    source_ = *file;
    const HostRoot root = places_.kubelet_log.empty() ? places_.root : HostRoot();
    auto log = testimony::ReadKubeletFile(root, *file, from_unix_ns, now);
    return log ? std::move(log->words) : std::vector<testimony::KubeletWord>();
  }
  std::optional<std::string> folder = places_.journal;
  if (folder->empty()) folder = testimony::FindJournal(places_.root);
  if (!folder) return {};
  source_ = "the kubelet's journal";
  testimony::JournalQuery query{.from_unix_ns = from_unix_ns, .to_unix_ns = now, .units = {}};
  for (const std::string_view unit : testimony::KubeletUnits()) query.units.emplace_back(unit);
  const auto journal = testimony::ReadJournal(query, *folder, deadline);
  return journal ? testimony::ReadKubeletEntries(journal->entries).words
                 : std::vector<testimony::KubeletWord>();
}

std::vector<testimony::TimedWord> KubeletDesk::WordsFor(
    const Question& question, const std::vector<testimony::KubeletWord>& log,
    const std::string& pods) const {
  auto words = testimony::WordsAbout(log, question.container, source_);
  std::erase_if(words, [&](const auto& word) { return word.unix_ns < question.from_unix_ns; });
  if (pods.empty() || std::ranges::any_of(words, IsReason)) return words;
  for (testimony::TimedWord& word : testimony::WordsInPods(pods, question.container)) {
    if (word.unix_ns == 0) word.unix_ns = testimony::Now().unix_ns;
    words.push_back(std::move(word));
  }
  return words;
}

// All that wait are looked up by one reading; who gets no reason waits for the next.
void KubeletDesk::Round() {
  std::vector<Question> questions;
  {
    const std::lock_guard lock(mutex_);
    questions = questions_;
  }
  if (questions.empty()) return;
  const bool there = IsThere();
  std::vector<testimony::KubeletWord> log;
  std::string pods;
  if (there) {
    const auto oldest = std::ranges::min(questions, {}, &Question::from_unix_ns).from_unix_ns;
    log = ReadLog(oldest, container::After(kJournalTime));
    if (places_.kubelet_port != 0 && !port_is_closed_) {
      auto answer = testimony::AskPods(places_.kubelet_port, container::After(kPortTime));
      port_is_closed_ = !answer && answer.error().error_number == ECONNREFUSED;
      if (answer) pods = std::move(*answer);
    }
  }
  std::vector<Question> waiting;
  for (Question& question : questions) {
    auto words = WordsFor(question, log, pods);
    const bool over = !there || container::MillisecondsLeft(question.until) == 0;
    if (over || std::ranges::any_of(words, IsReason)) {
      answers_.Post(
          [answer = std::move(question.answer), words = std::move(words)] { answer(words); });
    } else {
      waiting.push_back(std::move(question));
    }
  }
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    // Others may have been added meanwhile.
    questions_.erase(questions_.begin(),
                     questions_.begin() + static_cast<ptrdiff_t>(questions.size()));
    questions_.insert(questions_.begin(), std::make_move_iterator(waiting.begin()),
                      std::make_move_iterator(waiting.end()));
    again = !questions_.empty();
  }
  if (!again) return;
  std::this_thread::sleep_for(kAgain);
  clerk_.Post([this] { Round(); });
}

}  // namespace podtap::cli
