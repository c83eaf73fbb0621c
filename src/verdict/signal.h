// Linux' signals on x86-64, and what they do where nobody handles them.
#pragma once

#include <cstdint>

#include "container/container.h"

namespace podtap::verdict {

inline constexpr int32_t kSigHup = 1;
inline constexpr int32_t kSigInt = 2;
inline constexpr int32_t kSigQuit = 3;
inline constexpr int32_t kSigIll = 4;
inline constexpr int32_t kSigTrap = 5;
inline constexpr int32_t kSigAbrt = 6;
inline constexpr int32_t kSigBus = 7;
inline constexpr int32_t kSigFpe = 8;
inline constexpr int32_t kSigKill = 9;
inline constexpr int32_t kSigSegv = 11;
inline constexpr int32_t kSigPipe = 13;
inline constexpr int32_t kSigAlrm = 14;
inline constexpr int32_t kSigTerm = 15;
inline constexpr int32_t kSigXcpu = 24;
inline constexpr int32_t kSigXfsz = 25;
inline constexpr int32_t kSigVtalrm = 26;
inline constexpr int32_t kSigProf = 27;
inline constexpr int32_t kSigSys = 31;
inline constexpr int32_t kLastSignal = 64;

// True when its default action ends the process, with or without a core
// (signal(7)); so do all real-time signals.
bool EndsByDefault(int32_t signal);

// Whether a runtime asks a container to end by it. Where the runtime doesn't tell its stop
// signal (the CRI before 1.33), it is whatever the CRI sends that isn't SIGKILL: it has no
// other way to signal a container.
bool IsStopSignal(const container::Container& container, int32_t signal);

}  // namespace podtap::verdict
