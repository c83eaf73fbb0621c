// How long after one fact another may still belong to it. docs/decisions/0015 says
// why each is what it is.
#pragma once

#include <cstdint>

namespace podtap::verdict {

inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000 * kMillisecond;

// A process that ends itself in answer to a signal, without work to finish.
inline constexpr int64_t kMoments = kSecond;
// One that finishes its work first: longer, and the signal is only a likely cause,
// unless the exit code names it.
inline constexpr int64_t kAnswer = 60 * kSecond;
inline constexpr int64_t kAnswerByCode = 30 * kSecond;
// A runtime's stop signal: nobody else's grace period is as long.
inline constexpr int64_t kLongestGrace = 3600 * kSecond;
// A wrapper passes its child's death on at once, unless it has something to do first.
inline constexpr int64_t kPassOn = 2 * kSecond;
inline constexpr int64_t kPassOnLate = 10 * kSecond;
// A supervisor passes a signal on to its children.
inline constexpr int64_t kRelay = 30 * kSecond;
// Between the kernel's SIGKILL and its word that it chose an OOM victim.
inline constexpr int64_t kOomNear = kSecond;
// Init's end after a child of it was killed by the OOM killer.
inline constexpr int64_t kOomAnswer = 10 * kSecond;
inline constexpr int64_t kOomAnswerSure = 100 * kMillisecond;
// How long a process may linger after the signal that ended it (it sleeps where it
// can't be killed), so that an event that was lost before may have been that signal.
inline constexpr int64_t kLinger = 10 * kSecond;
// A word that was said before a deed, by another clock than the deed's.
inline constexpr int64_t kWordSlack = 50 * kMillisecond;
// The runtime's own words, and those connected to its socket, against its signals.
inline constexpr int64_t kWordNear = 2 * kSecond;

}  // namespace podtap::verdict
