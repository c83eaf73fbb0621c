#include "cli/node_watch.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/clock.h"

namespace podtap::cli {
namespace {

// As in run_session.cc: under load events are read in batches.
constexpr size_t kBusy = 64;
constexpr int kBusySleepUs = 200;
constexpr size_t kBatch = 4096;
constexpr int kReaderPriority = -20;
// A process at a time, while there is nothing else to do.
constexpr size_t kDetailsAtOnce = 16;
constexpr std::chrono::milliseconds kLastVerdicts{2000};
constexpr int64_t kCountEveryNs = 1'000'000'000;
constexpr int64_t kBeatEveryNs = 1'000'000'000;
constexpr uint64_t kIncident = UINT64_MAX;  // no life has this number
// The kubelet says why before it has its runtime signal, or when it is done; a death waits
// for it as long as for its runtime (RecorderOptions::runtime_wait_ns), and a bit less.
constexpr int64_t kKubeletBeforeNs = 61'000'000'000;
constexpr std::chrono::milliseconds kKubeletTime{1300};

// The names of programs that act for a runtime. Whether this one really does is for the
// verdict to say; here it is only worth a look at the runtime's socket.
bool MayBeRuntime(const store::SignalSent& sent) {
  constexpr std::array<std::string_view, 7> kNames = {"runc",    "crun",   "youki", "containerd",
                                                      "dockerd", "podman", "conmon"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return sent.sender_comm.starts_with(name); });
}

}  // namespace

store::BootNs NodeWatch::Now() { return {ClockNs(CLOCK_BOOTTIME)}; }
int64_t NodeWatch::RealMinusBootNs() { return ClockNs(CLOCK_REALTIME) - ClockNs(CLOCK_BOOTTIME); }

NodeWatch::NodeWatch(const NodeWatchOptions& options, Handler& handler)
    : options_(options), handler_(handler) {}
NodeWatch::~NodeWatch() = default;

Result<void> NodeWatch::OpenNode() {
  auto access = cli::OpenNode(options_.runtime);
  if (!access) return std::unexpected(std::move(access.error()));
  for (const container::RuntimeProblem& problem : access->runtimes.problems) {
    if (access->runtimes.given) return std::unexpected(problem.error);
    handler_.OnNote(problem.error.Message());
  }
  root_ = access->root;
  timeout_ = access->timeout;
  node_ = std::make_unique<SystemNode>(std::move(access->tree));
  desk_ =
      std::make_unique<RuntimeDesk>(std::move(access->runtimes), root_, node_->tree(), answers_);
  kubelet_ = std::make_unique<KubeletDesk>(PlacesOf(options_.testimony, root_), answers_);
  return {};
}

Result<void> NodeWatch::CatchSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.valid()) return std::unexpected(SystemError("watch for signals", "", errno));
  return {};
}

Result<void> NodeWatch::Arm() {
  kernel_ = kernel::MakeKernel();
  if (auto opened = OpenNode(); !opened) return opened;
  if (auto caught = CatchSignals(); !caught) return caught;
  finisher_ = std::make_unique<Finisher>(
      root_, answers_,
      [this](uint64_t life, const store::Death& death, const verdict::Verdict& verdict) {
        if (life == kIncident) {
          handler_.OnIncident(death, verdict);
        } else {
          handler_.OnVerdict(life, death, verdict);
        }
      });
  recorder_ = std::make_unique<recorder::Recorder>(
      *node_, static_cast<recorder::Observer&>(*this),
      recorder::RecorderOptions{.incidents = options_.incidents});
  recorder_->set_real_minus_boot_ns(RealMinusBootNs());

  // The runtimes are asked while the kernel takes the programs.
  Worker asker;
  TaskQueue asked;
  asker.Post([this, &asked] {
    auto inventory =
        std::make_shared<container::Inventory>(desk_->Inventory(timeout_, options_.unlisted));
    asked.Post([this, inventory] { inventory_ = std::move(*inventory); });
  });
  const auto version = node_->tree().hierarchies().version;
  auto session = RecorderSession::Load(*kernel_, {.cgroup_v1_only = version == cgroup::Version::kV1,
                                                  .ring_bytes = options_.ring_bytes,
                                                  .verbose = options_.verbose});
  if (!session) return std::unexpected(std::move(session.error()));
  session_ = std::move(*session);
  if (auto attached = session_->Attach(*recorder_); !attached) return attached;
  armed_ns_ = ClockNs(CLOCK_MONOTONIC);
  lost_counted_ = Now();
  recorder_->Prime(lost_counted_);
  pollfd answer{asked.fd(), POLLIN, 0};
  while (asked.RunAll() == 0) ::poll(&answer, 1, -1);
  for (const container::Container& container : inventory_.containers) Adopt(container);
  desk_->StartEvents();
  // A reader that has to wait for a CPU loses events. May fail: then it waits.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kReaderPriority);
  return {};
}

void NodeWatch::Adopt(const container::Container& container) { recorder_->Adopt(Now(), container); }

void NodeWatch::OnNewContainer(const recorder::Membership& membership) {
  desk_->Ask(membership.runtime, membership.container,
             [this](const Result<container::Container>& answer) {
               if (!answer) return;
               Adopt(*answer);
               if (const recorder::Life* life = recorder_->Find(answer->id)) {
                 handler_.OnKnown(*life);
               }
             });
}

void NodeWatch::OnDying(const recorder::Life& life) {
  if (life.container.id.value.empty()) return;
  AskKubelet(life);
  desk_->AskForEnd(life.container.runtime, life.container.id,
                   [this, id = life.container.id](const Result<container::Container>& answer) {
                     if (answer) recorder_->OnRuntimeExit(Now(), *answer);
                     recorder_->OnRuntimeSilent(id);
                   });
}

// Why it had the runtime end a container of a pod.
void NodeWatch::AskKubelet(const recorder::Life& life) {
  const auto stopped = stopped_at_.find(life.number);
  if (stopped == stopped_at_.end() || life.container.pod.name.empty()) return;
  const int64_t offset = RealMinusBootNs();
  recorder_->ExpectKubelet(life.container.id);
  kubelet_->Look(life.container, stopped->second.value + offset - kKubeletBeforeNs,
                 container::After(kKubeletTime),
                 [this, id = life.container.id, offset](const auto& words) {
                   std::vector<recorder::Recorder::KubeletWord> said;
                   for (const testimony::TimedWord& word : words) {
                     said.push_back({{word.unix_ns - offset}, word.said});
                   }
                   recorder_->OnKubeletSaid(id, said);
                 });
}

void NodeWatch::OnOutsider(const recorder::Life& life, const store::SignalSent& sent) {
  if (life.container.id.value.empty() || !MayBeRuntime(sent)) return;
  if (sent.target == life.init) stopped_at_.try_emplace(life.number, Now());
  recorder_->ExpectClients(life.container.id);
  desk_->LookAtClients(life.container.runtime,
                       [this, at = Now(), id = life.container.id](
                           const std::vector<store::RuntimeClients>& by_socket) {
                         recorder_->OnRuntimeClients(at, id, by_socket);
                       });
}

void NodeWatch::OnDeath(const recorder::Life& life, store::Death death) {
  stopped_at_.erase(life.number);
  finisher_->Post(life.number, std::move(death));
}

void NodeWatch::OnIncident(store::Death death) { finisher_->Post(kIncident, std::move(death)); }

void NodeWatch::TakeRuntimeEvents(container::EventStream& stream) {
  const container::EventBatch batch = stream.Take();
  for (const std::string& note : batch.notes) handler_.OnNote(note);
  const int64_t offset = RealMinusBootNs();
  for (const container::RuntimeEvent& event : batch.events) {
    recorder_->OnNamed(event);
    if (event.action == "rename") continue;
    recorder_->OnRuntimeSaid({event.time_unix_ns - offset},
                             {.runtime = event.runtime,
                              .action = event.action,
                              .container = event.container,
                              .signal = event.signal,
                              .exit_code = event.exit_code.value_or(0),
                              .message = event.message});
    if (event.action == "start") {
      OnNewContainer({.runtime = event.runtime, .container = event.container});
    }
  }
  if (!batch.interrupted) return;
  // What started or ended meanwhile: the kernel told of it, its names are asked for.
  for (const container::Container& container :
       desk_->Inventory(timeout_, options_.unlisted).containers) {
    Adopt(container);
  }
}

void NodeWatch::CountLost() {
  const store::BootNs now = Now();
  const uint64_t lost = session_->TakeLost();
  if (lost > 0) {
    recorder_->OnLost(lost_counted_, now, lost);
    handler_.OnLost(lost_counted_, now, lost);
    lost_ += lost;
    handler_.OnNote(std::to_string(lost) +
                    " events were lost: the ring buffer was full; a larger one may help: -s");
  }
  lost_counted_ = now;
}

void NodeWatch::Beat() {
  const store::BootNs now = Now();
  if (now.value - beat_at_.value < kBeatEveryNs) return;
  beat_at_ = now;
  // The clock may have been set.
  recorder_->set_real_minus_boot_ns(RealMinusBootNs());
  if (const uint64_t passed_over = recorder_->TakeIncidentsPassedOver(); passed_over > 0) {
    handler_.OnPassedOver({now.value - kBeatEveryNs}, now, passed_over);
  }
  handler_.OnBeat();
}

void NodeWatch::TakeSignals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP && options_.hup_reloads) {
      handler_.OnReload();
    } else {
      stopped_ = true;
    }
  }
}

size_t NodeWatch::Drain() {
  high_water_ = std::max(high_water_, session_->Waiting());
  const size_t got = session_->Drain(kBatch);
  seen_ += got;
  const store::BootNs now = Now();
  if (now.value - lost_counted_.value > kCountEveryNs || (next_tick_ && now >= *next_tick_)) {
    CountLost();
  }
  next_tick_ = recorder_->Tick(now);
  return got;
}

// How long poll(2) may wait.
int NodeWatch::Wait(size_t got) {
  if (got > 0) return 0;
  if (more_details_) {
    more_details_ = recorder_->PrimeDetails(kDetailsAtOnce);
    return 0;
  }
  if (!next_tick_) return 1000;
  const int64_t left_ms = (next_tick_->value - Now().value + 999'999) / 1'000'000;
  return static_cast<int>(std::clamp<int64_t>(left_ms, 0, 1000));
}

Result<void> NodeWatch::Run() {
  std::vector<pollfd> fds;
  while (!stopped_) {
    const size_t got = Drain();
    if (got > kBusy) ::usleep(kBusySleepUs);
    answers_.RunAll();
    Beat();
    const std::vector<container::EventStream*> streams = desk_->streams();
    fds.assign(
        {{signals_.get(), POLLIN, 0}, {session_->fd(), POLLIN, 0}, {answers_.fd(), POLLIN, 0}});
    for (const auto* stream : streams) fds.push_back({stream->fd(), POLLIN, 0});
    if (stopped_ || ::poll(fds.data(), fds.size(), Wait(got)) <= 0) continue;
    if (fds[0].revents != 0) TakeSignals();
    for (size_t i = 0; i < streams.size(); i++) {
      if (fds[3 + i].revents != 0) TakeRuntimeEvents(*streams[i]);
    }
  }
  session_->Detach();
  while (session_->Drain(SIZE_MAX) > 0) {
  }
  CountLost();
  // Verdicts of those that have died, if they are quick.
  recorder_->Flush(Now());
  const auto until = container::After(kLastVerdicts);
  while (finisher_->pending() > 0 && container::MillisecondsLeft(until) > 0) {
    pollfd answer{answers_.fd(), POLLIN, 0};
    ::poll(&answer, 1, 50);
    answers_.RunAll();
  }
  return {};
}

}  // namespace podtap::cli
