// What others told about a death of which the kernel's rows say too little: the kernel's
// log, the journal, the runtime's and the kubelet's words, counters.
//
// It makes a cause likely, never proven: a line may be of another process of the same
// number, and what the line's writer did not see is not in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verdict/rules/rule.h"

namespace podtap::verdict {

// No row says what ended the container: only then may a told cause be given.
bool NothingSeen(const Scene& scene);
// Its exit code as it is shown, by the kernel's or the runtime's word.
std::optional<int32_t> ShownCode(const Scene& scene);

// The text behind `key` up to one of `ends`; empty when it isn't there.
std::string_view After(std::string_view line, std::string_view key, std::string_view ends);
std::optional<int64_t> NumberAfter(std::string_view line, std::string_view key);

// The line is about init, by its number on the host.
bool IsAboutInit(const Scene& scene, std::optional<int64_t> pid);
// The path is the container's cgroup, or has its id in it.
bool NamesContainer(const Scene& scene, std::string_view path);
// A process of this name may be one that the container was told to run.
bool IsNamedLikeCommand(const Scene& scene, std::string_view comm);
// "server(7942)"; the container, where its first process isn't known.
std::string WhoEnded(const Scene& scene);

// Who was asked after the fact, and remembers all of the time from `before` ns ahead of the
// end, or from the container's start: what isn't in it did not happen.
const store::Asked* FindAsked(const Scene& scene, std::string_view source);
bool Remembers(const Scene& scene, std::string_view source, int64_t before);
// No OOM kill hit the container, the kernel's log or its counters say.
bool NoOomKill(const Scene& scene);
// Its runtime sent it no signal, its events say.
bool NoRuntimeSignal(const Scene& scene);

// It was told within `window` of the end.
bool Near(const Scene& scene, store::BootNs at, int64_t window);

// A likely finding by one row.
Finding Told(Cause cause, std::string headline, store::RowId row, std::string chain);

std::optional<Finding> ToldOom(const Scene& scene);
std::optional<Finding> ToldOomChild(const Scene& scene);
std::optional<Finding> ToldOomUserspace(const Scene& scene);
std::optional<Finding> ToldSeccomp(const Scene& scene);
std::optional<Finding> ToldFault(const Scene& scene);
std::optional<Finding> ToldKubernetes(const Scene& scene);
std::optional<Finding> ToldCoredump(const Scene& scene);
std::optional<Finding> ToldRuntime(const Scene& scene);
std::optional<Finding> ToldRuntimeLog(const Scene& scene);
std::optional<Finding> ToldCode(const Scene& scene);

}  // namespace podtap::verdict
