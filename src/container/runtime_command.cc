#include "container/runtime_command.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace podtap::container {
namespace {

using Names = std::span<const std::string_view>;
struct Ending {
  std::string_view verb;
  Asks asks;
};
using Endings = std::span<const Ending>;

// What `docker ps` shows of an id is 12 digits; a shorter prefix may be any word.
constexpr size_t kShortestId = 4;

constexpr auto kDockerEnds = std::to_array<Ending>({{"kill", Asks::kSignal},
                                                    {"stop", Asks::kStop},
                                                    {"restart", Asks::kStop},
                                                    {"rm", Asks::kRemove}});
constexpr auto kDockerLooks = std::to_array<std::string_view>(
    {"inspect", "logs", "events", "ps",    "stats",   "exec",   "top",   "port",    "wait",
     "diff",    "cp",   "images", "info",  "version", "create", "build", "pull",    "push",
     "history", "tag",  "save",   "login", "search",  "rename", "pause", "unpause", "export"});
// These may pass on a signal that they get (docker run without -d), or end what they don't
// name: the words after them are no containers.
constexpr auto kDockerMay = std::to_array<std::string_view>(
    {"run", "start", "attach", "compose", "prune", "stack", "service", "swarm", "node", "system",
     "update", "pod", "play", "kube"});
constexpr auto kCtrEnds = std::to_array<Ending>({{"kill", Asks::kSignal},
                                                 {"rm", Asks::kRemove},
                                                 {"delete", Asks::kRemove},
                                                 {"del", Asks::kRemove},
                                                 {"remove", Asks::kRemove}});
constexpr auto kCtrLooks = std::to_array<std::string_view>(
    {"ls", "list", "info", "ps", "metrics", "events", "exec", "version", "pull", "import"});
constexpr auto kCrictlEnds = std::to_array<Ending>(
    {{"stop", Asks::kStop}, {"stopp", Asks::kStop}, {"rm", Asks::kRemove}, {"rmp", Asks::kRemove}});
constexpr auto kCrictlLooks = std::to_array<std::string_view>(
    {"ps", "pods", "inspect", "inspectp", "logs", "stats", "statsp", "exec", "info", "version",
     "images", "pull", "events", "create", "start"});
constexpr auto kKubectlEnds = std::to_array<Ending>({{"delete", Asks::kStop}});
constexpr auto kKubectlLooks = std::to_array<std::string_view>(
    {"get", "describe", "logs", "exec", "top", "events", "explain", "version", "cp"});

struct Command {
  std::string_view program;
  Endings ends;
  Names looks, may;
};
const std::array<Command, 6> kCommands = {
    Command{"docker", kDockerEnds, kDockerLooks, kDockerMay},
    Command{"podman", kDockerEnds, kDockerLooks, kDockerMay},
    Command{"nerdctl", kDockerEnds, kDockerLooks, kDockerMay},
    Command{"ctr", kCtrEnds, kCtrLooks, {}},
    Command{"crictl", kCrictlEnds, kCrictlLooks, {}},
    Command{"kubectl", kKubectlEnds, kKubectlLooks, {}},
};
// They speak for whoever wrote their arguments.
constexpr auto kOthers =
    std::to_array<std::string_view>({"docker-compose", "curl", "wget", "socat", "nc"});

bool Has(Names names, std::string_view word) {
  return std::ranges::find(names, word) != names.end();
}

std::optional<Asks> EndingOf(Endings endings, std::string_view verb) {
  const auto found = std::ranges::find(endings, verb, &Ending::verb);
  return found == endings.end() ? std::nullopt : std::optional(found->asks);
}

bool NamesIt(std::string_view word, const Container& container) {
  if (const size_t slash = word.rfind('/'); slash != std::string_view::npos) {
    word.remove_prefix(slash + 1);  // kubectl's pod/web-0
  }
  return !word.empty() && (word == container.name || word == container.pod.name ||
                           (word.size() >= kShortestId && container.id.value.starts_with(word)));
}

// "-d", "--detach", "-dit".
bool Detaches(std::string_view option) {
  if (option.starts_with("--")) return option == "--detach" || option == "--detach=true";
  return option.starts_with("-") && option.find('d') != std::string_view::npos &&
         option.find('=') == std::string_view::npos;
}

// "-f", "--force", "-fv".
bool Forces(std::string_view option) {
  if (option.starts_with("--")) return option == "--force" || option == "--force=true";
  return option.starts_with("-") && option.find('f') != std::string_view::npos;
}

Asks ByCommand(const Command& command, std::span<const std::string> args,
               const Container& container) {
  const auto verb = std::ranges::find_if(args, [&](const std::string& arg) {
    return EndingOf(command.ends, arg) || Has(command.looks, arg) || Has(command.may, arg);
  });
  if (verb == args.end()) return Asks::kPerhaps;
  if (Has(command.looks, *verb)) return Asks::kNothing;
  const std::span<const std::string> rest(verb + 1, args.end());
  if (Has(command.may, *verb)) {
    const bool leaves = (*verb == "run" && std::ranges::any_of(rest, Detaches)) ||
                        (*verb == "start" && !std::ranges::any_of(rest, [](const auto& arg) {
                          return arg.starts_with("-") && arg.find('a') != std::string::npos;
                        }));
    return leaves ? Asks::kNothing : Asks::kPerhaps;
  }
  const bool names =
      std::ranges::any_of(rest, [&](const auto& arg) { return NamesIt(arg, container); });
  const Asks asks = *EndingOf(command.ends, *verb);
  // Without force it is refused what runs. Who doesn't name it names others, or a pod by
  // its sandbox.
  const bool can = asks != Asks::kRemove || std::ranges::any_of(rest, Forces);
  return names && can ? asks : Asks::kPerhaps;
}

// An address as "http://localhost/v1.41/containers/web/kill?signal=9".
Asks ByAddress(std::span<const std::string> args, const Container& container) {
  constexpr std::string_view kContainers = "/containers/";
  const bool deletes = std::ranges::find(args, "DELETE") != args.end() ||
                       std::ranges::find(args, "-XDELETE") != args.end();
  for (const std::string_view arg : args) {
    const size_t at = arg.find(kContainers);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = arg.substr(at + kContainers.size());
    const std::string_view name = rest.substr(0, rest.find_first_of("/?"));
    const std::string_view after = rest.substr(name.size());
    const std::string_view verb =
        after.starts_with('/') ? after.substr(1, after.find('?') - 1) : std::string_view();
    if (!NamesIt(name, container)) continue;
    const bool forces = after.find("force=1") != std::string_view::npos ||
                        after.find("force=true") != std::string_view::npos;
    if (verb.empty() && deletes && forces) return Asks::kRemove;
    if (const auto asks = EndingOf(kDockerEnds, verb)) return *asks;
  }
  return Asks::kPerhaps;
}

const Command* CommandOf(std::string_view program) {
  const auto found = std::ranges::find(kCommands, program, &Command::program);
  return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace

Asks WhatItAsks(std::string_view program, const std::vector<std::string>& args,
                const Container& container) {
  if (args.empty()) return Asks::kPerhaps;
  const std::span<const std::string> rest(args.begin() + 1, args.end());
  if (const Command* command = CommandOf(program)) return ByCommand(*command, rest, container);
  return program == "curl" ? ByAddress(rest, container) : Asks::kPerhaps;
}

bool IsRuntimeCommand(std::string_view program) {
  return CommandOf(program) != nullptr || Has(kOthers, program);
}

}  // namespace podtap::container
