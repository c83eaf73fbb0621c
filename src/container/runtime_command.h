// What a command line asks a runtime for: docker, podman, crictl, curl and their kin.
//
// What enters: the arguments of a process, as it was started. What leaves: whether they say
// that it wants a container to end. A client of a runtime's socket is no killer for being
// there: most only look.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "container/container.h"

namespace podtap::container {

enum class Asks : uint8_t {
  kNothing,  // it can't have ended the container: docker inspect, docker logs, docker run -d
  kPerhaps,  // nothing tells: a program that isn't known, docker compose down
  // Of this very container:
  kStop,    // docker stop, crictl stop: the stop signal first
  kRemove,  // docker rm -f: SIGKILL at once
  kSignal,  // docker kill: any signal
};

// `program`: the name of its file, without folders; `args` begin with what it called itself.
Asks WhatItAsks(std::string_view program, const std::vector<std::string>& args,
                const Container& container);

// A client that is started for one request and goes.
bool IsRuntimeCommand(std::string_view program);

}  // namespace podtap::container
