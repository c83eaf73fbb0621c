#include <array>

#include "container/container.h"

namespace podtap::container {
namespace {

constexpr std::array kStateNames = {"unknown", "created",    "running",
                                    "paused",  "restarting", "exited"};

}  // namespace

const char* StateName(State state) { return kStateNames.at(static_cast<size_t>(state)); }

}  // namespace podtap::container
