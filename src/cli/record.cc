#include "cli/record.h"

#include <unistd.h>

#include <cstdio>
#include <future>
#include <memory>

#include "base/clock.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/thread_start.h"
#include "cli/exit_status.h"
#include "cli/log.h"
#include "cli/node_watch.h"
#include "cli/pipeline.h"
#include "cli/privileges.h"
#include "cli/reconcile.h"
#include "cli/record_output.h"
#include "cli/service_manager.h"
#include "cli/store_rows.h"
#include "cli/version.h"
#include "report/json.h"
#include "store/writer.h"
#include "verdict/wording.h"

namespace podtap::cli {
namespace {

using recorder::Life;

std::string BootId() {
  auto text = ReadFile("/proc/sys/kernel/random/boot_id", "read the boot's id");
  if (!text) return "";
  while (text->ends_with('\n')) text->pop_back();
  return *text;
}

store::Writer::Moment Moment() {
  return {.unix_ns = ClockNs(CLOCK_REALTIME), .boot_ns = ClockNs(CLOCK_BOOTTIME)};
}

class RecordRun : public NodeWatch::Handler {
 public:
  explicit RecordRun(RecordSettings& settings)
      : settings_(settings),
        options_(settings.options()),
        log_(options_.log_format == "json"),
        outputs_(log_),
        watch_({.runtime = options_.runtime,
                .testimony = options_.testimony,
                .ring_bytes = uint64_t{options_.ring_mib} << 20,
                .verbose = options_.verbose,
                .incidents = true,
                .hup_reloads = true,
                .unlisted = container::Unlisted::kAlways},
               *this) {}

  int Run() {
    auto opened = store::Recording::Open(options_.store, options_.group);
    if (!opened) return Fail(opened.error(), options_.verbose);
    auto before = opened->LastSession();
    if (!before) return Fail(before.error(), options_.verbose);
    auto lives = opened->OpenLives();
    if (!lives) return Fail(lives.error(), options_.verbose);
    StartClerk();
    if (!options_.keep_capabilities) SetThreadStart(DropAll);
    // Sockets first: a port below 1024 needs what is given up next.
    if (auto listening = outputs_.Listen(options_); !listening)
      return Fail(listening.error(), options_.verbose);
    if (auto given_up = GiveUp(Stage::kBeforeArming); !given_up)
      return Fail(given_up.error(), options_.verbose);
    if (auto armed = watch_.Arm(); !armed) return Fail(armed.error(), options_.verbose);
    if (auto given_up = GiveUp(Stage::kArmed); !given_up)
      return Fail(given_up.error(), options_.verbose);
    SetThreadStart(nullptr);  // from now on a thread begins with no more than this one has
    const BlindTime blind = BlindSince(*before);
    BeginWriting(std::move(*opened), *before, blind);
    armed_ = true;
    for (const Life* life : std::exchange(early_, {})) PutLife(*life);
    ReconcileLater(std::move(*lives), blind);
    if (auto notifying = outputs_.SetNotifier(options_); !notifying) {
      return Fail(notifying.error(), options_.verbose);
    }
    log_.Info("recording into " + options_.store + ": " +
              std::to_string(watch_.inventory().containers.size()) + " containers known");
    manager_.Ready("recording into " + options_.store);
    const auto ran = watch_.Run();
    return Finish(ran);
  }

  void OnStarted(const Life& life) override {
    if (!armed_) {
      early_.push_back(&life);
    } else {
      PutLife(life);
    }
  }
  void OnKnown(const Life& life) override {
    if (armed_) PutLife(life);
  }
  void OnFact(const Life& /*life*/, const store::Row& /*row*/) override {}
  void OnVerdict(uint64_t /*life*/, const store::Death& death,
                 const verdict::Verdict& verdict) override {
    Keep(death, verdict);
  }
  void OnIncident(const store::Death& death, const verdict::Verdict& verdict) override {
    writer_->Post([row = IncidentRowOf(death, verdict), death](store::Recording& recording) {
      return recording.AddIncident(row, death);
    });
    outputs_.Incident(verdict);
  }
  void OnLost(store::BootNs from, store::BootNs to, uint64_t count) override {
    AddBlind(from, to, "lost", count);
  }
  void OnPassedOver(store::BootNs from, store::BootNs to, uint64_t count) override {
    AddBlind(from, to, "not kept", count);
  }
  void OnNote(const std::string& note) override { log_.Warning(note); }
  void OnBeat() override {
    manager_.Alive();
    if (!writer_) return;
    outputs_.Beat({.seen = watch_.seen(),
                   .lost = watch_.lost(),
                   .high_water = watch_.high_water(),
                   .ring_bytes = uint64_t{options_.ring_mib} << 20,
                   .lives = watch_.recorder().life_count(),
                   .store = writer_->numbers()});
  }
  void OnReload() override {
    manager_.Reloading();
    const auto fresh = settings_.ReadAgain();
    if (!fresh) {
      log_.Warning(fresh.error().Message() + "; the settings stay as they are");
    } else {
      if (auto notifying = outputs_.SetNotifier(*fresh); !notifying) {
        log_.Warning(notifying.error().Message());
      } else {
        writer_->SetRetention(fresh->retention());
        log_.Info("settings read again");
      }
    }
    manager_.Ready("recording into " + options_.store);
  }

 private:
  Result<void> GiveUp(Stage stage) const {
    if (options_.keep_capabilities) return {};
    return DropCapabilities(stage);
  }

  void BeginWriting(store::Recording recording,
                    const std::optional<store::Archive::Session>& before, const BlindTime& blind) {
    const store::Writer::Moment now = Moment();
    const store::Archive::Session session{.pid = ::getpid(),
                                          .boot_id = BootId(),
                                          .started_unix_ns = now.unix_ns,
                                          .alive_unix_ns = now.unix_ns,
                                          .alive_boot_ns = now.boot_ns,
                                          .ended_unix_ns = std::nullopt};
    std::optional<store::BlindRow> window;
    if (before) {
      window = store::BlindRow{.from_unix_ns = blind.from_unix_ns,
                               .to_unix_ns = blind.to_unix_ns,
                               .why = before->ended_unix_ns ? "not running" : "killed"};
      log_.Info("nobody recorded for " + verdict::Duration(blind.to_unix_ns - blind.from_unix_ns) +
                (before->ended_unix_ns ? "" : ": the recorder before was killed"));
    }
    const auto begin = [session, window](store::Recording& into) -> Result<void> {
      if (auto begun = into.BeginSession(session, PODTAP_VERSION); !begun || !window) return begun;
      return into.AddBlind(*window);
    };
    // Both or none, and before anybody is told that it records: if it is killed next, the
    // window isn't forgotten. On a full disk the writer begins the session later.
    const bool begun = Begin(recording, begin);
    writer_ = std::make_unique<store::Writer>(
        std::move(recording),
        store::Writer::Options{.folder = options_.store,
                               .group = options_.group,
                               .version = PODTAP_VERSION,
                               .retention = options_.retention(),
                               .session_begun = begun},
        session, store::Writer::Hooks{.now = Moment, .note = [this](const std::string& note) {
                                        log_.Warning(note);
                                      }});
    if (begun || !window) return;
    writer_->Post([window](store::Recording& into) { return into.AddBlind(*window); });
  }

  template <typename Job>
  static bool Begin(store::Recording& recording, const Job& job) {
    auto transaction = recording.Begin();
    return transaction && job(recording) && transaction->Commit();
  }

  // From the last sign of the recorder before to now. Within a boot the clock that nobody
  // sets tells how long that is.
  BlindTime BlindSince(const std::optional<store::Archive::Session>& before) const {
    const store::Writer::Moment now = Moment();
    const int64_t armed_unix_ns = now.unix_ns - (ClockNs(CLOCK_MONOTONIC) - watch_.armed_ns());
    if (!before) return {.from_unix_ns = armed_unix_ns, .to_unix_ns = armed_unix_ns};
    int64_t from = before->ended_unix_ns.value_or(before->alive_unix_ns);
    if (before->boot_id == BootId()) from = before->alive_boot_ns + now.unix_ns - now.boot_ns;
    return {.from_unix_ns = std::min(from, armed_unix_ns), .to_unix_ns = armed_unix_ns};
  }

  void AddBlind(store::BootNs from, store::BootNs to, const char* why, uint64_t count) {
    if (!writer_) return;
    const int64_t offset = NodeWatch::RealMinusBootNs();
    writer_->Post([row = store::BlindRow{.from_unix_ns = from.value + offset,
                                         .to_unix_ns = to.value + offset,
                                         .why = why,
                                         .count = count}](store::Recording& recording) {
      return recording.AddBlind(row);
    });
  }

  void PutLife(const Life& life) {
    if (life.container.id.value.empty() || !life.known_to_runtime) return;
    const int64_t started = life.init.start.value + NodeWatch::RealMinusBootNs();
    writer_->Post([row = LifeRowOf(life.container, started)](store::Recording& recording) {
      return recording.PutLife(row);
    });
  }

  void Keep(const store::Death& death, const verdict::Verdict& verdict) {
    const store::DeathRow row = DeathRowOf(death, verdict);
    auto life = LifeRowOf(death.container, death.init.start.value + death.real_minus_boot_ns);
    life.ended_unix_ns = row.unix_ns;
    writer_->Post([row, life, death](store::Recording& recording) -> Result<void> {
      if (auto put = recording.PutLife(life); !put) return put;
      auto added = recording.AddDeath(row, death);
      if (!added) return std::unexpected(std::move(added.error()));
      return {};
    });
    if (death.container.is_sandbox) return;
    log_.Info(verdict.headline);
    outputs_.Death(row, report::VerdictJson(death, verdict));
  }

  // What begins a thread while this one has more than the thread needs.
  static void DropAll() {
    // Who can't drop them has none: main says so.
    [[maybe_unused]] const auto dropped = DropCapabilities(Stage::kArmed);
  }

  // Before the others: it reads the kernel's log, with CAP_SYSLOG, once all is armed.
  void StartClerk() {
    if (!options_.keep_capabilities) {
      SetThreadStart(
          [] { [[maybe_unused]] const auto dropped = DropCapabilities(Stage::kBeforeArming); });
    }
    std::promise<void> begun;
    clerk_.emplace().Post([&begun] { begun.set_value(); });
    begun.get_future().wait();
  }

  void ReconcileLater(std::vector<store::LifeRow> lives, const BlindTime& blind) {
    clerk_->Post([this, lives = std::move(lives), blind] {
      Reconcile(lives, blind, options_.store, options_.runtime, options_.testimony,
                [this](const store::Death& death) {
                  const verdict::Verdict verdict = verdict::Judge(death);
                  Keep(death, verdict);
                });
      if (!options_.keep_capabilities) DropAll();
    });
  }

  int Finish(const Result<void>& ran) {
    manager_.Stopping();
    writer_->Stop();
    outputs_.Stop();
    const store::Writer::Numbers numbers = writer_->numbers();
    if (numbers.waiting > 0) {
      log_.Write(Log::Level::kError, std::to_string(numbers.waiting) +
                                         " facts couldn't be written to the store, and are lost");
    }
    if (!ran) return Fail(ran.error(), options_.verbose);
    log_.Info("ended");
    return kOk;
  }

  RecordSettings& settings_;
  const RecordOptions& options_;
  const Log log_;
  ServiceManager manager_;
  RecordOutputs outputs_;
  std::unique_ptr<store::Writer> writer_;
  NodeWatch watch_;
  std::vector<const Life*> early_;
  bool armed_ = false;
  std::optional<Worker> clerk_;  // last: it uses the others
};

}  // namespace

int Record(RecordSettings& settings) {
  if (auto read = settings.ReadFile(); !read) return Fail(read.error());
  if (settings.options().check_config) {
    std::printf("%s\n", settings.file().empty() ? "no file; the command line is right"
                                                : Escape(settings.file() + " is right").c_str());
    return kOk;
  }
  return RecordRun(settings).Run();
}

}  // namespace podtap::cli
