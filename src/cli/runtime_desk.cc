#include "cli/runtime_desk.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "recorder/proc_files.h"

namespace podtap::cli {
namespace {

using container::Container;
using container::ContainerId;
using container::RuntimeKind;

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::chrono::milliseconds kAgain{5};
constexpr std::chrono::milliseconds kPollWithoutEvents{250};
constexpr std::chrono::milliseconds kClientsTime{250};

bool Speaks(const container::Runtime& runtime, RuntimeKind kind) {
  return kind == RuntimeKind::kUnknown || runtime.kind() == kind ||
         runtime.kind() == RuntimeKind::kUnknown;
}

// Docker hands its work to a containerd, whom others may ask as well.
bool MayHaveActed(const container::Runtime& runtime, RuntimeKind kind) {
  return Speaks(runtime, kind) ||
         (kind == RuntimeKind::kDocker && runtime.kind() == RuntimeKind::kContainerd);
}

bool HasEnded(const Result<Container>& answer) {
  if (!answer) return answer.error().error_number == ENOENT;
  return answer->last_exit && answer->state != container::State::kRunning;
}

}  // namespace

RuntimeDesk::RuntimeDesk(container::Runtimes runtimes, const HostRoot& root,
                         const cgroup::Tree& tree, TaskQueue& answers)
    : runtimes_(std::move(runtimes)), root_(root), tree_(tree), answers_(answers) {}

container::Inventory RuntimeDesk::Inventory(std::chrono::milliseconds time,
                                            container::Unlisted unlisted) {
  return container::TakeInventory(runtimes_, tree_, container::After(time), unlisted);
}

Result<Container> RuntimeDesk::AskNow(RuntimeKind kind, const ContainerId& id) {
  Result<Container> answer = std::unexpected(Error{.kind = ErrorKind::kInput,
                                                   .tried = "find the container",
                                                   .on = id.value,
                                                   .reason = "no runtime here knows it",
                                                   .error_number = ENOENT});
  for (const auto& runtime : runtimes_.found) {
    if (!Speaks(*runtime, kind)) continue;
    answer = runtime->Inspect(id, container::After(kPatience));
    if (answer) return answer;
  }
  return answer;
}

void RuntimeDesk::Ask(RuntimeKind kind, ContainerId id, Answer answer) {
  clerk_.Post([this, kind, id = std::move(id), answer = std::move(answer)] {
    answers_.Post([answer, result = AskNow(kind, id)] { answer(result); });
  });
}

void RuntimeDesk::AskForEnd(RuntimeKind kind, ContainerId id, Answer answer) {
  const auto until = container::After(kPatience);
  clerk_.Post([this, kind, id = std::move(id), answer = std::move(answer), until] {
    AskForEndUntil(kind, id, answer, until);
  });
}

// What hasn't ended yet goes to the end of the queue: others may have.
void RuntimeDesk::AskForEndUntil(RuntimeKind kind, const ContainerId& id, const Answer& answer,
                                 container::Deadline until) {
  Result<Container> result = AskNow(kind, id);
  if (HasEnded(result) || container::MillisecondsLeft(until) == 0) {
    answers_.Post([answer, result = std::move(result)] { answer(result); });
    return;
  }
  std::this_thread::sleep_for(kAgain);
  clerk_.Post([this, kind, id, answer, until] { AskForEndUntil(kind, id, answer, until); });
}

void RuntimeDesk::LookAtClients(RuntimeKind kind,
                                std::function<void(std::vector<store::RuntimeClients>)> answer) {
  lookout_.Post([this, kind, answer = std::move(answer)] {
    std::vector<store::RuntimeClients> all;
    const recorder::ProcFiles proc;
    for (const auto& runtime : runtimes_.found) {
      if (!MayHaveActed(*runtime, kind)) continue;
      const auto clients =
          finders_[runtime->socket()].Find(root_.Path(runtime->socket()), kClientsTime);
      store::RuntimeClients row;
      row.runtime = runtime->kind();
      row.socket = runtime->socket();
      row.incomplete = !clients || clients->incomplete;
      for (const int32_t pid : clients ? clients->pids : std::vector<int32_t>()) {
        const auto stat = proc.Stat(pid);
        if (stat) row.clients.push_back({{pid}, stat->start});
      }
      all.push_back(std::move(row));
    }
    answers_.Post([answer, all = std::move(all)] { answer(all); });
  });
}

void RuntimeDesk::StartEvents() {
  // Who is connected all the time is known by then, and needs no search at a death.
  LookAtClients(container::RuntimeKind::kUnknown, [](const auto&) {});
  for (const auto& runtime : runtimes_.found) {
    clerk_.Post([this, runtime = runtime.get()] {
      auto stream = runtime->Events({.poll_interval = kPollWithoutEvents});
      if (!stream) return;
      auto shared = std::make_shared<std::unique_ptr<container::EventStream>>(std::move(*stream));
      answers_.Post([this, shared] { streams_.push_back(std::move(*shared)); });
    });
  }
}

std::vector<container::EventStream*> RuntimeDesk::streams() const {
  std::vector<container::EventStream*> streams;
  for (const auto& stream : streams_) streams.push_back(stream.get());
  return streams;
}

}  // namespace podtap::cli
