#include "cli/top.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/task_queue.h"
#include "cli/exit_status.h"
#include "cli/pipeline.h"
#include "cli/screen.h"
#include "cli/selection.h"
#include "cli/standard_output.h"
#include "cli/terminal.h"
#include "cli/top_sample.h"
#include "top/frame.h"

namespace podtap::cli {

struct TopOptions {
  RuntimeOptions runtime;
  StoreOptions store;
  std::vector<std::string> targets;
  double delay_s = 2;
  std::string order = "death";
  std::string filter;
  std::string output = "screen";
  bool once = false;
};

namespace {

constexpr const char* kExamples = R"(Examples:
  podtap top                       containers, and why they died last
  podtap top --sort restarts       what restarts most comes first
  podtap top shop/web-0 db         these alone
  podtap top --filter shop/        pods of one namespace
  podtap top --once                once, also for a file or a pipe
  podtap top -o json               an object every two seconds

Keys: q ends; s another order; j, k and arrows move; Enter the whole story of a death;
/ filters; p stands still; h helps.

Targets: POD, NAMESPACE/POD, NAMESPACE/POD/CONTAINER, a container's name or id,
docker://ID (podman, containerd, cri-o), pid:N, cgroup:PATH, unit:NAME.service.

)";
constexpr const char* kStatuses = R"(

Exit status: 0 ended as asked; 2 wrong usage, or no terminal; 5 the terminal failed.)";

constexpr int64_t kMillisecond = 1'000'000;
// A lone escape, and not the start of a key's sequence, once nothing came for so long.
constexpr int64_t kEscapeMs = 50;

// In a file nothing is cut.
int ListingWidth() {
  constexpr int kWhole = 1000;
  return ::isatty(STDOUT_FILENO) != 0 ? TerminalWidth() : kWhole;
}

class TopRun {
 public:
  TopRun(const TopOptions& options, std::vector<container::Target> targets)
      : options_(options),
        sample_{.runtime = options.runtime, .store = options.store, .targets = std::move(targets)} {
    view_.order = top::OrderFromName(options.order).value_or(top::Order::kDeath);
    view_.filter = options.filter;
  }

  // Once, or again and again, to a file.
  int Print() {
    for (;;) {
      const auto snapshot = TakeSnapshot(sample_);
      if (!snapshot) return Fail(snapshot.error());
      std::string text;
      if (options_.output == "json") {
        text = top::SnapshotJson(*snapshot) + "\n";
      } else {
        for (const std::string& line :
             top::Listing(*snapshot, view_, ListingWidth(), ColourOnStdout())) {
          text += line + "\n";
        }
      }
      if (auto written = WriteOut(text); !written) return Fail(written.error());
      if (options_.once) return kOk;
      const auto pause = static_cast<int>(options_.delay_s * 1000);
      ::poll(nullptr, 0, pause);
    }
  }

  int Live() {
    // Before any thread is there: each inherits what is blocked.
    if (auto caught = CatchSignals(); !caught) return Fail(caught.error());
    Worker sampler;
    sampler_ = &sampler;
    Ask();
    if (auto entered = screen_.Enter(); !entered) return Fail(entered.error());
    Result<void> went;
    while (went && !done_) went = Turn();
    screen_.Leave();
    const int status = went ? kOk : Fail(went.error());
    // The thread can't be told to stop asking; a runtime that hangs would hold up the end.
    if (asked_) std::_Exit(status);
    return status;
  }

 private:
  Result<void> CatchSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH}) {
      sigaddset(&set, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.valid()) return std::unexpected(SystemError("watch for signals", "", errno));
    return {};
  }

  // In the background: keys are obeyed while a runtime thinks.
  void Ask() {
    if (asked_) return;
    asked_ = true;
    sampler_->Post([this] {
      auto taken = std::make_shared<Result<top::Snapshot>>(TakeSnapshot(sample_));
      answers_.Post([this, taken] {
        asked_ = false;
        next_ns_ = ClockNs(CLOCK_MONOTONIC) + DelayNs();
        if (*taken) {
          snapshot_ = std::move(**taken);
        } else {
          failure_ = std::move(taken->error());
        }
      });
    });
  }

  int64_t DelayNs() const { return static_cast<int64_t>(options_.delay_s * 1e9); }

  Result<void> Turn() {
    const int64_t now = ClockNs(CLOCK_MONOTONIC);
    if (!view_.paused && !asked_ && now >= next_ns_) Ask();
    if (auto shown = Draw(); !shown) return shown;
    std::array<pollfd, 3> ready = {
        {{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}, {answers_.fd(), POLLIN, 0}}};
    const int got = ::poll(ready.data(), ready.size(), static_cast<int>(WaitMs(now)));
    if (got == 0 && keys_.waiting()) Obey(keys_.Flush());
    answers_.RunAll();
    if (failure_) return std::unexpected(*failure_);
    if (ready[1].revents != 0) {
      if (auto handled = TakeSignals(); !handled) return handled;
    }
    if (ready[0].revents != 0) ReadKeys();
    return {};
  }

  int64_t WaitMs(int64_t now) const {
    if (keys_.waiting()) return kEscapeMs;
    // At least once a second, to say how old the picture is.
    if (view_.paused || asked_) return 1000;
    return std::clamp<int64_t>((next_ns_ - now) / kMillisecond + 1, 1, 1000);
  }

  Result<void> Draw() {
    const top::Size size = Screen::MeasureSize();
    if (!snapshot_) return screen_.Show({"podtap top: asking the node's runtimes …"});
    const int64_t old_ns = ClockNs(CLOCK_REALTIME) - snapshot_->now_unix_ns;
    view_.old_s = old_ns > 2 * DelayNs() + 2'000 * kMillisecond ? old_ns / 1'000'000'000 : 0;
    if (view_.story && told_columns_ != size.columns) {
      const size_t first = view_.story->first;
      Tell(size);
      view_.story->first = first;
    }
    return screen_.Show(top::Frame(*snapshot_, view_, size, ColourOnStdout()));
  }

  void ReadKeys() {
    std::array<char, 256> bytes{};
    const ssize_t n = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (n > 0) {
      Obey(keys_.Feed({bytes.data(), static_cast<size_t>(n)}));
    } else if (n == 0 || errno != EINTR) {
      done_ = true;  // the terminal is gone
    }
  }

  void Obey(const std::vector<top::Key>& keys) {
    if (!snapshot_) {
      for (const top::Key& key : keys) done_ = done_ || key.text == "q";
      return;
    }
    const top::Size size = Screen::MeasureSize();
    for (const top::Key& key : keys) {
      const top::Wish wish = top::Press(view_, key, *snapshot_, size);
      if (wish == top::Wish::kQuit) done_ = true;
      if (wish == top::Wish::kStory) OpenStory(size);
    }
  }

  void OpenStory(top::Size size) {
    const auto row = std::ranges::find(snapshot_->rows, view_.selected, &top::Row::key);
    if (row == snapshot_->rows.end()) return;
    told_ = *row;
    Tell(size);
  }

  void Tell(top::Size size) {
    view_.story = TellStory(options_.store, told_, size.columns);
    told_columns_ = size.columns;
  }

  Result<void> TakeSignals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      switch (static_cast<int>(info.ssi_signo)) {
        case SIGWINCH:
          break;  // the next picture has the new size
        case SIGTSTP:
          screen_.Leave();
          ::raise(SIGSTOP);
          break;
        case SIGCONT:
          // Also after a SIGSTOP, which nobody saw: a shell has set the terminal meanwhile.
          screen_.Leave();
          if (auto entered = screen_.Enter(); !entered) return entered;
          break;
        default:
          done_ = true;
      }
    }
    return {};
  }

  const TopOptions& options_;
  const SampleOptions sample_;
  top::View view_;
  top::KeyDecoder keys_;
  Screen screen_;
  Fd signals_;
  TaskQueue answers_;
  Worker* sampler_ = nullptr;
  std::optional<top::Snapshot> snapshot_;
  std::optional<Error> failure_;  // no snapshot can be taken at all
  top::Row told_;                 // whose story is shown, for so many columns
  int told_columns_ = 0;
  int64_t next_ns_ = 0;
  bool asked_ = false;
  bool done_ = false;
};

}  // namespace

std::shared_ptr<TopOptions> DeclareTop(CLI::App& app) {
  auto options = std::make_shared<TopOptions>();
  app.footer(std::string(kExamples) + kEndpointHelp + kStatuses);
  app.add_option("TARGET", options->targets, "Only these")->type_name("");
  app.add_option("-d,--delay", options->delay_s, "Seconds from one look to the next (2)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--sort", options->order, "death, restarts, memory or name")
      ->type_name("ORDER")
      ->check(CLI::IsMember({"death", "restarts", "memory", "name"}));
  app.add_option("--filter", options->filter, "Containers whose name holds TEXT")
      ->type_name("TEXT");
  app.add_flag("--once", options->once, "Look once, print, end");
  app.add_option("-o,--output", options->output, "screen, or json: an object a look")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"screen", "json"}));
  DeclareStoreOption(app, options->store);
  DeclareRuntimeOptions(app, options->runtime);
  return options;
}

int Top(const TopOptions& options) {
  auto targets = ParseTargets(options.targets);
  if (!targets) return Fail(targets.error());
  TopRun run(options, std::move(*targets));
  if (options.once || options.output == "json") return run.Print();
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    return Fail({.kind = ErrorKind::kUsage,
                 .tried = "show the node",
                 .on = "",
                 .reason = "this is no terminal",
                 .error_number = 0,
                 .remedy = "podtap top --once prints it once, -o json for programs",
                 .detail = ""});
  }
  // A wrong option is told before the screen is taken.
  if (const auto node = OpenNode(options.runtime); !node) return Fail(node.error());
  return run.Live();
}

}  // namespace podtap::cli
