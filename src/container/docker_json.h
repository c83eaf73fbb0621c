// Docker's and Podman's JSON → containers and events.
//
// What enters: bodies of their HTTP interface, which may hold anything. What leaves: our
// types; what isn't there or of another type is unknown. Numbers and names of fields are
// of Docker's API 1.24 to 1.47 and of Podman's "compat" interface.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "container/runtime.h"

namespace podtap::container {

// GET /containers/json?all=1 → the ids in it. nullopt: not such an answer.
std::optional<std::vector<std::string>> ParseDockerIds(std::string_view json);

// GET /containers/ID/json. nullopt: not such an answer. `runtime` is filled in.
std::optional<Container> ParseDockerInspect(std::string_view json, RuntimeKind runtime);

// A line of GET /events. nullopt: of something else than a container, or of no interest.
std::optional<RuntimeEvent> ParseDockerEvent(std::string_view line, RuntimeKind runtime);

// {"message": "No such container: x"} of an answer that isn't 200; "" if there is none.
std::string ParseDockerMessage(std::string_view json);

}  // namespace podtap::container
